"""The Gradio page: ask questions, read the quoted answers, look at their sources."""
