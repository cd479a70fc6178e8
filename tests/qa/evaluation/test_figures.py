from qa.evaluation.figures import Benchmark, Figure, benchmark_json, benchmark_text

FAST = Figure("a question", "ms", (10.0, 20.0, 60.0))
SLOW = Figure("a question", "ms", (100.0, 400.0, 120.0))
MEASURED = Benchmark(
    {"questions": 3},
    {
        "own": [
            FAST,
            Figure("indexing", "chunks/s", (90.0,), more_is_better=True),
            Figure("F1", "%", (81.25,)),
            Figure("1 asking at once", "questions/s", (1234.5,), more_is_better=True),
        ],
        "other": [
            SLOW,
            Figure("indexing", "chunks/s", (180.0,), more_is_better=True),
            Figure("F1", "%", (80.0,)),
        ],
    },
)


def test_times_better_is_the_median_of_the_repeats_one_with_one() -> None:
    # 100/10, 400/20, 120/60; of the medians it would be 120/20.
    assert FAST.times(SLOW) == 10.0
    assert SLOW.times(FAST) == 0.1


def test_where_more_is_better_the_greater_one_is() -> None:
    few = Figure("indexing", "chunks/s", (90.0, 30.0), more_is_better=True)
    many = Figure("indexing", "chunks/s", (180.0, 90.0), more_is_better=True)
    assert many.times(few) == 2.5


def test_a_table_shows_medians_with_their_spread_and_how_many_times_better_one_is() -> None:
    assert benchmark_text(MEASURED) == (
        "|                               | own              | other                |\n"
        "|-------------------------------|------------------|----------------------|\n"
        "| a question, ms                | 20.0 (10.0-60.0) | 120 (100-400) ×10.00 |\n"
        "| indexing, chunks/s            | 90.0             | 180 ×0.50            |\n"
        "| F1, %                         | 81.2             | 80.0                 |\n"
        "| 1 asking at once, questions/s | 1,234            |                      |"
    )


def test_json_holds_every_repeat_and_what_the_run_was_about() -> None:
    made = benchmark_json(MEASURED)
    assert made["questions"] == 3
    assert made["systems"]["other"]["a question"] == {
        "unit": "ms",
        "median": 120.0,
        "low": 100.0,
        "high": 400.0,
        "values": [100.0, 400.0, 120.0],
    }
    # How much of something is right is no matter of times.
    assert made["times_better"] == {"other": {"a question": 10.0, "indexing": 0.5}}
