"""Compare answers and questions: rules that find equal values and contradictions."""
