"""`single_object`: what is compared by identity is one object for all threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from common.single_objects import single_object

THREADS = 6


def test_threads_that_ask_at_once_for_the_first_time_get_the_same_object() -> None:
    together, nobody_else = Barrier(THREADS), Event()
    made: list[object] = []

    @single_object()
    def query_of(shape: str) -> object:
        made.append(query := object())
        nobody_else.wait(0.1)  # long enough for the others to miss, too
        return query

    def asked(_number: int) -> object:
        together.wait()
        return query_of("office")

    with ThreadPoolExecutor(THREADS) as pool:
        found = set(pool.map(asked, range(THREADS)))
    assert found == set(made) == {query_of("office")}
    assert query_of("city") is not query_of("office")
