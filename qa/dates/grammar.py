"""The grammar of time expressions: patterns (see `qa.dates.parser`) and their meanings.

The functions get the match and the values of its parts. They return the period that the words
mean, `UNCLEAR` for a time whose days are unknown ("44 BC"), or None if the words are not a time.
Seasons are those of the northern hemisphere, weeks begin on Monday, and a fiscal, tax or school
year is read as the calendar year that it is named after, because its limits are unknown.
"""

from qa.dates import meanings as mean
from qa.dates.parser import Rule, rules, with_starts
from qa.dates.period import UNCLEAR, Period

_GRAMMAR: dict[str, list[Rule]] = {
    "time": rules(
        ("<which>? <holiday> <of_year:year>?", mean.holiday),
        ("<on_weekday:_>? the? <day> of? -|/? <month> <of_year:year>?", mean.date),
        ("<on_weekday:_>? the? <ordinal:day> of <month> <of_year:year>?", mean.date),
        ("<on_weekday:_>? <month> the? <day> <of_year:year>?", mean.date),
        ("<on_weekday:_>? <month> the <ordinal:day> <of_year:year>?", mean.date),
        ("<day> -|/ <month> -|/ <short_year:year>", mean.date),
        ("<year> ,? -|/? <month> -|/? the? <day>", mean.date),
        ("<day> <to> the? <day:last> of? <month> <of_year:year>?", mean.date),
        ("<day> , <day:_> ,? and|or <day:last> of? <month> <of_year:year>?", mean.date),
        ("<month> the? <day> <to> the? <day:last> <of_year:year>?", mean.date),
        ("<days> of? <month> <of_year:year>?", mean.days),
        ("<month> the? <days> <of_year:year>?", mean.days),
        ("years? <years>", mean.years),
        ("<on_weekday:_>? <numeric>", lambda m, numeric: numeric),
        ("<day_code:day>", mean.day_of_month),
        ("<day_code:day> of <container>", mean.day_of_month),
        ("<numeric_after:time>", lambda m, time: time if m.lead in mean.LEADS else UNCLEAR),
        ("morning|afternoon|evening|night of <some_day:day>", lambda m, day: day),
        ("<which>? <month> <of_year:year>?", mean.month),
        ("<month> -|/ <short_year:year>", mean.month),
        ("<year> -|/? <month>", mean.month),
        ("<month:first> <to> <month:last> <of_year:year>?", mean.months),
        ("<quarter> <of_year:year>?", mean.quarter),
        ("<quarter> -|/ <short_year:year>", mean.quarter),
        ("<quarter:_> of? <years>", lambda m, years: mean.year_of(*years)),
        ("<year> 's? ,? -|/? <quarter>", mean.quarter),
        ("<quarter:first> <to> <quarter:last> <of_year:year>?", mean.quarters),
        ("<ordinal:first> <to> <ordinal:last> quarter|quarters <of_year:year>?", mean.quarters),
        ("<half> <of_year:year>", mean.half_year),
        ("<year> 's? ,? -|/? <half>", mean.half_year),
        ("<half> -|/ <short_year:year>", mean.half_year),
        (
            "<half:first> <to> <half:last> <of_year:year>",
            lambda m, first, last, year: mean.half_year(m, first, year).to(
                mean.half_year(m, last, year)
            ),
        ),
        ("<half> of|in <container>", lambda m, half, container: container.half(half)),
        (
            "<nth> quarter of <container>",
            lambda m, nth, container: (
                container.slice("year", 25 * (nth - 1 if nth > 0 else -1), 25)
                if container.precision == "century"
                else None
            ),
        ),
        ("<which>? <season> <of_year:year>?", mean.season),
        ("<season> term|semester|months|session|holidays <of_year:year>", mean.season),
        ("<season:_> before last", lambda m: UNCLEAR),
        ("<month:_> before last", lambda m: UNCLEAR),
        ("<season> ,? of? <years>", lambda m, season, years: mean.season(m, season, years[0])),
        ("<year> <season>", mean.season),
        (
            "<season:first> <to> <season:last> <of_year:year>",
            lambda m, first, last, year: Period.months(
                year - (last < first), first, (last - first) % 12 + 3, "days"
            ),
        ),
        ("year|years? <year>", mean.year),
        ("month of <month> <of_year:year>?", mean.month),
        ("turn of <container:_>", lambda m: UNCLEAR),
        ("ad|a.d <early_year:year>", lambda m, year: mean.year_of(year)),
        ("<early_year:year> ad|a.d|ce|c.e .?", lambda m, year: mean.year_of(year)),
        ("<early_year:_> bc|bce|b.c|b.c.e .?", lambda m: UNCLEAR),
        ("<fiscal>", lambda m, fiscal: fiscal),
        ("<quarter:_> ,? of? the? <fiscal>", lambda m, fiscal: fiscal),
        ("<half:_> ,? of? the? <fiscal>", lambda m, fiscal: fiscal),
        ("<fiscal> ,? <quarter:_>", lambda m, fiscal: fiscal),
        ("<fiscal> ,? <half:_>", lambda m, fiscal: fiscal),
        ("fiscal <quarter:_> <of_year:year>", lambda m, year: mean.year_of(year)),
        ("<year:first> -|–|to <short_year:last>", mean.year_range),
        ("<year:first> -|– <year:last>", lambda m, first, last: mean.years(m, (first, last))),
        ("<decade>", mean.decade),
        ("<decade> <to> the? <decade:last>", mean.decade),
        ("<ordinal> -? century|centuries", mean.century),
        ("<ordinal> <to> the? <ordinal:last> -? century|centuries", mean.century),
        ("<about:_>? <amount> ago|back", mean.ago),
        ("<about:_>? <amount> or so|more ago", mean.ago),
        ("<about:_>? <amount> ago <day_word>", mean.ago),
        ("<about:_>? <amount> and|,? <amount:more> ago", mean.ago),
        ("<about:_>? <number> <to> <number:last> <units> ago", mean.ago_range),
        ("<about:_>? <number> <units> or <number:last> ago", mean.ago_range),
        ("<amount> from now|today", lambda m, amount: mean.step(m.anchor, amount)),
        ("<which> <amount>", mean.which_amount),
        ("<which> <unit>", mean.which_unit),
        ("<unit> before last", lambda m, unit: mean.ago(m, mean.amount(m, unit, 2))),
        ("<day_word>", mean.day_word),
        ("<which>? <weekday>", mean.weekday),
        ("<weekday> <which>", mean.weekday),
        ("<weekday> before last", lambda m, weekday: mean.weekday(m, weekday, weeks=-2)),
        ("<weekday> morning|afternoon|evening|night? ,? of|in? <container>", mean.weekday_of),
        ("<nth> <weekday> of|in <container>", mean.nth_weekday),
        ("<which>? weekend", mean.weekend),
        ("weekend before last", lambda m: mean.weekend_of(m.anchor, -2)),
        ("weekend of|from <some_day:day>", lambda m, day: mean.weekend_of(day.first, 0)),
        ("<nth> full? <unit> of|in <container>", mean.nth_units),
        ("<nth> <amount> of|in <container>", mean.nth_units),
        ("<part> -? <container>", mean.part),
        ("<part> of|in|on <container>", mean.part),
        ("<part_of:part> -|of <container>", mean.part),
        ("<part> -? to -? <part:last> <container>", mean.part),
        ("year to date", lambda m: mean.which_unit(m, "this", "year")),
        ("year -? end <of_year:year>", lambda m, year: mean.year_of(year).part("end")),
        ("this|same time|period|season of|in? <container>", mean.same_time),
        ("this|same <unit> of|in? <container>", mean.same_time),
        ("<span> before|preceding <container:time>", mean.before),
        (
            "<span> after|following <container:time>",
            lambda m, span, time: mean.step(time.last, span),
        ),
        ("fiscal|financial? <span> to|ended|ending|until <container>", mean.ending),
        ("eve of <some_day:day>", lambda m, day: mean.step(day.first, (1, "day"), -1)),
        ("week of|around <some_day:day>", lambda m, day: Period.around(day.first, "week")),
        ("week beginning|starting|commencing|from <some_day:day>", mean.week_from),
        ("calendar|iso? week <week> <of_year:year>", mean.week_number),
        ("calendar|iso|cw week? <week>", mean.week_number),
        ("weeks <week> <to> <week:last> <of_year:year>?", mean.week_number),
        ("<week_code:week> <of_year:year>", mean.week_number),
        ("<year> ,? -? week? <week_code:week>", mean.week_number),
        ("<year> ,? -? week <week>", mean.week_number),
    ),
    # What may follow a time and changes it.
    "suffix": rules(
        ("'s? ,? on? <weekday>", mean.weekday_of),
        ("morning|afternoon|evening|night|overnight", mean.some_day),
        ("'s", lambda m, container: container),
        ("ad|a.d|ce|c.e .?", lambda m, container: container),
        ("bc|bce|b.c|b.c.e .?", lambda m, container: UNCLEAR),
    ),
    "container": rules(
        ("the? <time>", lambda m, time: None if time is UNCLEAR else time),
        ("the|this|current <unit>", lambda m, unit: mean.which_unit(m, "this", unit)),
    ),
    "on_weekday": rules(("<any_weekday> ,?", lambda m, any_weekday: any_weekday)),
    "some_day": rules(("<container>", mean.some_day)),
    "of_year": rules(
        (",|-|/? of|in? the? year? <year>", mean.of_year),
        (",? of|in? the? <which_year:n> <business:_>? year", lambda m, n: m.anchor.year + n),
        ("of|in the year", lambda m: m.anchor.year),
        ("<amount:n> ago", lambda m, n: m.anchor.year - n[0] if n[1] == "year" else None),
    ),
    "fiscal": rules(
        ("<which_year:n> <business:_> year", lambda m, n: mean.year_of(m.anchor.year + n)),
        ("fiscal|fy|cy year? <year>", lambda m, year: mean.year_of(year)),
        ("<business:_> year <year>", lambda m, year: mean.year_of(year)),
        ("<year> <business:_> year", lambda m, year: mean.year_of(year)),
        ("fy|cy <short_year:year>", lambda m, year: mean.year_of(year)),
        ("<fiscal_years:years>", lambda m, years: mean.year_of(*years)),
        ("fiscal|fy|cy year? <years>", lambda m, years: mean.year_of(*years)),
        ("<business:_> year <years>", lambda m, years: mean.year_of(*years)),
        ("<years> fiscal|tax|school|academic|season year?", lambda m, years: mean.year_of(*years)),
    ),
    "quarter": rules(
        ("<quarter_code:number>", lambda m, number: number),
        ("<ordinal:number> -? quarter", lambda m, number: number),
        ("quarter <quarter_number:number>", lambda m, number: number),
    ),
    "half": rules(
        ("<half_code:number>", lambda m, number: number),
        ("<ordinal:number> -? half", lambda m, number: number),
        ("latter half", lambda m: 2),
    ),
    "nth": rules(
        ("<ordinal>", lambda m, ordinal: ordinal),
        ("<final>", lambda m, final: final),
    ),
    "amount": rules(
        ("<number> <units>", mean.amount),
        ("<number:n> and a half <units>", lambda m, n, units: mean.amount(m, units, n + 0.5)),
        ("<number:n> <units> and a half", lambda m, n, units: mean.amount(m, units, n + 0.5)),
        ("<units> and a half", lambda m, units: mean.amount(m, units, 1.5)),
        ("<number> half <units>", lambda m, number, units: mean.amount(m, units, number / 2)),
        ("half <units>", lambda m, units: mean.amount(m, units, 0.5)),
        ("a? quarter of? a? <units>", lambda m, units: mean.amount(m, units, 0.25)),
        ("<number:n> quarters of a? <units>", lambda m, n, units: mean.amount(m, units, n / 4)),
        ("<amount_code:code>", lambda m, code: mean.amount(m, *code)),
    ),
    "span": rules(
        ("<amount>", lambda m, amount: amount),
        ("<unit>", lambda m, unit: mean.amount(m, unit)),
    ),
}

RULES = with_starts(_GRAMMAR)
"""The rules by the name of what they match."""
