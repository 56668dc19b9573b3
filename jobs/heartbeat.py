"""Job by which the worker of each queue shows that it works."""

from webapp.core import queue


def answer_heartbeat(number: int) -> None:
    queue.record_answer(queue.redis(), queue.QUEUES[number])
