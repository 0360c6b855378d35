"""The sketch of positions: homes, readings, circles of accuracy, a bar for scale."""

from server.console.sketch import SIZE, marks_of, sketch

HOME = (34.02, 113.82)


def said(north_m, accuracy=20.0):
    at = {"lat": HOME[0] + north_m / 111_195, "lon": HOME[1], "accuracy_m": accuracy, "datum": "wgs84"}
    return {"start_position": at, "position": at}


def test_a_reading_stands_as_far_up_as_it_lies_north_and_its_circle_is_its_accuracy():
    made = sketch(HOME, said(80))
    assert made.reach == 100
    assert [s.distance for s in made.spots] == [80, 80]
    scale = (SIZE / 2 - 14) / 100
    assert made.spots[0].y == round(SIZE / 2 - 80 * scale, 1)
    assert made.spots[0].r == round(20 * scale, 1)
    assert (made.bar, made.bar_length) == (50, round(50 * scale, 1))


def test_homes_of_the_day_that_lie_within_are_drawn_the_nearest_first():
    places = {"远": (0.5, 0), "二": (0, 0.0008), "一": (0.0003, 0)}
    others = [(name, (HOME[0] + north, HOME[1] + east)) for name, (north, east) in places.items()]
    assert [h.name for h in sketch(HOME, said(80), others).homes] == ["一", "二"]


def test_nothing_is_drawn_without_a_home_or_a_reading():
    assert sketch(None, said(80)) is None
    assert sketch(HOME, {"start_position": None, "position": None}) is None


def test_a_place_that_readings_put_the_home_at_is_marked_where_the_register_disagrees():
    far = [HOME[0] + 0.003, HOME[1]]
    assert marks_of({"lat": HOME[0], "lon": HOME[1], "unsure": True, "proposed": far}) == [("proposed", tuple(far))]
    assert marks_of({"lat": far[0], "lon": far[1], "sure": True, "registered": list(HOME)}) == [("learnt", tuple(far))]
    assert marks_of({"lat": HOME[0], "lon": HOME[1], "sure": True, "registered": list(HOME)}) == []
    assert marks_of({"lat": HOME[0], "lon": HOME[1]}) == []
    assert marks_of(None) == []
    assert [m.kind for m in sketch(HOME, said(80), marks=[("proposed", tuple(far))]).marks] == ["proposed"]
