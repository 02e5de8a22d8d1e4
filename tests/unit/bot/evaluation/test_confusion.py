"""What is mistaken for what."""

from __future__ import annotations

from bot.evaluation.confusion import Confusion, Matrix, calibration, calibration_error, facets, intents, worst


def test_a_matrix_counts_labelled_by_row_and_read_by_column():
    matrix = Matrix.of([("b", "b"), ("b", "a"), ("c", "b"), ("b", "b")], order=["c", "b"])

    assert Matrix(("c", "b", "a"), ((0, 1, 0), (0, 2, 1), (0, 0, 0))) == matrix
    assert (2, 4) == (matrix.right, matrix.total)


def test_intents_stand_with_the_question_first_and_out_of_scope_second(pair, weather):
    matrix = intents([pair(), weather(), weather(got={"intent": "greet"})])

    assert ("procedure", "out_of_scope", "greet") == matrix.labels
    assert ((1, 0, 0), (0, 1, 1), (0, 0, 0)) == matrix.counts


def test_a_question_read_as_none_has_a_column_of_its_own_and_other_messages_are_left_out(pair, weather):
    matrix = facets([pair(got={"intent": "greet", "facet": None}), pair(), weather()])

    assert Matrix(("fees", "no question"), ((1, 1), (0, 0))) == matrix


def test_the_second_facet_asked_stands_on_the_diagonal(pair):
    matrix = facets([pair({"facets": ["fees", "where"]}, {"facet": "where"})])

    assert Matrix(("where",), ((1,),)) == matrix


def test_the_most_frequent_mistake_comes_first_with_the_ids_of_its_messages(pair, weather):
    mistakes = [pair({"id": f"q{n}"}, {"facet": "where"}) for n in range(5)]

    assert [
        Confusion("procedure/fees", "procedure/where", 5, ("q0", "q1", "q2")),
        Confusion("out_of_scope/-", "greet/-", 1, ("w1",)),
    ] == worst([weather(got={"intent": "greet"}), *mistakes, pair()])


def test_calibration_compares_what_was_promised_with_what_was_kept(pair):
    sure = [pair(got={"confidence": 1.0}), pair(got={"confidence": 0.9, "facet": "where"})]
    unsure = [pair(got={"confidence": 0.31})]

    bins = calibration([*sure, *unsure])

    assert [(0.3, 1, 0.31, 1.0), (0.9, 2, 0.95, 0.5)] == [(b.low, b.messages, b.promised, b.kept) for b in bins]
    assert abs((0.69 + 2 * 0.45) / 3 - calibration_error(bins)) < 1e-9
