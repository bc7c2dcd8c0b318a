"""Threads, event loops, weak references and finalizers: P7 and C18."""

import asyncio
import concurrent.futures
import contextvars
import linecache
import math
import pickle
import queue
import threading
import time
import weakref

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.testing.finite_difference import finite_difference_jvp

OLDER_POOL = concurrent.futures.ThreadPoolExecutor(1)


def thread(x):
    found = []
    worker = threading.Thread(target=lambda: found.append(x * 2.0))
    worker.start()
    worker.join()
    return found[0] * x


class Squaring(threading.Thread):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def run(self):
        self.value = self.value**2


def thread_of_a_class(x):
    worker = Squaring(x)
    worker.start()
    worker.join()
    return worker.value


def producer_and_consumer(x):
    given, found = queue.Queue(1), queue.Queue()

    def work():
        while (value := given.get()) is not None:
            found.put(value * value)
        found.put(None)

    worker = threading.Thread(target=work)
    worker.start()
    for i in range(4):
        given.put(x * i)
    given.put(None)
    total = 0.0
    while (value := found.get()) is not None:
        total += value
    return total


def barrier(x):
    both, values = threading.Barrier(2), [0.0, 0.0]

    def work(i):
        values[i] = x * (i + 1)
        both.wait()
        other = values[1 - i]
        both.wait()
        values[i] = values[i] + other * x

    workers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return values[0] * values[1]


def condition_and_event(x):
    condition, done, box = threading.Condition(), threading.Event(), []

    def work():
        with condition:
            while not box:
                condition.wait()
        time.sleep(0.001)
        box.append(box[0] * x)
        done.set()

    threading.Thread(target=work).start()
    with condition:
        box.append(x * x)
        condition.notify()
    done.wait()
    return box[1]


def timer(x):
    found = []
    later = threading.Timer(0.001, lambda: found.append(x * x))
    later.start()
    later.join()
    return found[0]


def daemon_that_never_ends(x):
    given, found = queue.Queue(), []

    def work():
        while True:
            found.append(given.get() * x)
            given.task_done()

    threading.Thread(target=work, daemon=True).start()
    for i in range(3):
        given.put(x + i)
    given.join()
    return sum(found)


def lock_around_a_sum(x):
    lock, total = threading.Lock(), [0.0]

    def work(i):
        for _ in range(5):
            with lock:
                total[0] += x * i

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(4)))
    return total[0] * x


def pools(x):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(math.pow, x, i) for i in range(3)]
        total = sum(job.result() for job in concurrent.futures.as_completed(jobs))
    return total + sum(OLDER_POOL.map(lambda y: y * y * x, [x, 2.0]))


def thread_that_differentiates(x):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return sum(pool.map(lambda y: ad.grad(lambda z: z**3 * x)(y), [x, 2.0]))


def thread_locals(x):
    local, found = threading.local(), []
    local.value = x

    def work():
        local.value = x * x
        found.append(local.value)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    return local.value * found[0]


def error_in_a_thread(x):
    found = []

    def work():
        try:
            raise ValueError("as the program wants it")
        finally:
            found.append(x * x)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        job = pool.submit(work)
        try:
            job.result()
        except ValueError:
            return found[0]


def simple_queue_and_future(x):
    waiting, future = queue.SimpleQueue(), concurrent.futures.Future()
    waiting.put(x * x)
    future.set_result(x)
    return waiting.get() * future.result()


def coroutines(x):
    async def square(y):
        await asyncio.sleep(0)
        return y * y

    async def numbers():
        for i in range(3):
            yield x * i
            await asyncio.sleep(0)

    async def main():
        found = await asyncio.gather(square(x), square(2 * x))
        return sum(found) + sum([y async for y in numbers()]) * await square(x)

    return asyncio.run(main())


def tasks_and_queues(x):
    async def produce(waiting):
        for i in range(3):
            await waiting.put(x * i)
        await waiting.put(None)

    async def main():
        waiting = asyncio.Queue(1)
        producer = asyncio.create_task(produce(waiting))
        total = 0.0
        while (value := await waiting.get()) is not None:
            total += value * value
        await producer
        async with asyncio.Lock():
            return total * x + await asyncio.to_thread(lambda: x * x)

    return asyncio.run(main())


def callbacks_of_a_loop(x):
    loop, found = asyncio.new_event_loop(), []
    future = loop.create_future()
    future.add_done_callback(lambda done: found.append(done.result() * x))
    loop.call_soon(lambda: future.set_result(x * x))
    loop.call_later(0.001, lambda: found.append(x))

    async def main():
        await future
        await asyncio.sleep(0.01)
        return found[0] + found[1]

    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


FACTOR = contextvars.ContextVar("FACTOR", default=1.0)


def context_variable(x):
    token = FACTOR.set(x * x)
    inside = FACTOR.get() * x
    copied = contextvars.copy_context()
    FACTOR.reset(token)
    return inside + copied.run(lambda: FACTOR.get() * x) + FACTOR.get()


class Box:
    def __init__(self, value):
        self.value = value

    def squared(self):
        return self.value**2


def weak_references(x):
    box, found = Box(x * x), []
    by_value, by_key = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary()
    by_value["box"], by_key[box] = box, x
    total = weakref.ref(box)().value * by_value["box"].value + by_key[box]
    total += weakref.proxy(box).value + weakref.WeakMethod(box.squared)()()
    last = Box(x)
    weakref.finalize(last, lambda: found.append(x**3))
    kept = weakref.ref(last, lambda reference: found.append(x * x))
    del last
    return total + sum(found) + (kept() is None)


class Closing(Box):
    def __init__(self, value, log):
        super().__init__(value)
        self.log = log

    def __del__(self):
        self.log.append(self.value * self.value)


def finalizer(x):
    log = []
    Closing(x, log)
    kept = Closing(2 * x, log)
    return log[0] * kept.value


def generator_kept_across_calls(x):
    def numbers():
        value = x
        while True:
            value = value * (yield value)

    steps = numbers()
    next(steps)
    steps.send(x)
    return steps.send(2.0)


PROGRAMS = [
    thread,
    thread_of_a_class,
    producer_and_consumer,
    barrier,
    condition_and_event,
    timer,
    daemon_that_never_ends,
    lock_around_a_sum,
    pools,
    thread_that_differentiates,
    thread_locals,
    error_in_a_thread,
    simple_queue_and_future,
    coroutines,
    tasks_and_queues,
    callbacks_of_a_loop,
    context_variable,
    weak_references,
    finalizer,
    generator_kept_across_calls,
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_P7(f):
    value, gradient = ad.value_and_grad(f)(0.8)
    assert value == f(0.8)
    assert gradient == pytest.approx(finite_difference_jvp(f, (0.8,), (1.0,)), rel=1e-8)
    assert ad.jvp(f, (0.8,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)


@pytest.mark.parametrize("f", [producer_and_consumer, pools, coroutines, finalizer])
def test_second_order(f):
    expected = finite_difference_jvp(ad.grad(f), (0.8,), (1.0,))
    assert ad.grad(ad.grad(f))(0.8) == pytest.approx(expected, rel=1e-8)


def refused_in_a_thread(x):
    worker = threading.Thread(target=lambda: pickle.dumps(x))
    worker.start()
    worker.join()
    return x


def refused_in_a_callback(x):
    async def main():
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(lambda: future.set_result(float(pickle.dumps(x))))
        return await future

    return asyncio.run(main())


class Dumping(Box):
    def __del__(self):
        pickle.dumps(self.value)


def refused_in_a_finalizer(x):
    Dumping(x * x)
    return x


@pytest.mark.parametrize("f", [refused_in_a_thread, refused_in_a_callback, refused_in_a_finalizer])
def test_an_error_is_not_lost_where_python_would_go_on(f):
    with pytest.raises(errors.MissingRule, match="dumps") as caught:
        ad.grad(f)(0.8)
    assert caught.value.place.filename == __file__


def test_work_for_another_process_is_refused():
    def f(x):
        with concurrent.futures.ProcessPoolExecutor(1) as pool:
            return pool.submit(abs, x).result()

    with pytest.raises(errors.MissingRule, match="submit"):
        ad.grad(f)(0.8)


def test_a_class_is_left_as_it_was():
    method = Closing.__dict__["__del__"]
    ad.grad(finalizer)(0.8)
    assert Closing.__dict__["__del__"] is method
    with pytest.raises(ZeroDivisionError):
        ad.grad(lambda x: Closing(x, []).value / 0.0)(0.8)
    assert Closing.__dict__["__del__"] is method


def test_a_pool_that_is_shut_down_takes_no_work():
    def f(x):
        pool = concurrent.futures.ThreadPoolExecutor(1)
        pool.shutdown()
        with pytest.raises(RuntimeError, match="shutdown"):
            pool.submit(abs, x)
        return x

    assert ad.grad(f)(0.8) == 1.0


def shared(x, n):
    total, items = 0.0, []
    for i in range(n):
        items.append(math.sin(x * i) * x)
        total += items[-1] ** 2
    return total + np.sum(np.array(items) * x)


def test_C18_many_threads_differentiate_at_once():
    def work(n):
        f = ad.grad(lambda x: shared(x, n))
        compiled = ad.jit(ad.grad(lambda x: x**n * math.cos(n * x)))
        return [
            (f(0.1 * k), ad.jvp(lambda x: shared(x, n), (0.1 * k,), (1.0,))[1], compiled(0.1 * k))
            for k in range(8)
        ]

    alone = [work(n) for n in range(1, 5)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, list(range(1, 5)) * 3))
    assert together == alone * 3


def test_C18_functions_first_met_by_many_threads():
    text = "\n".join(f"def f{i}(x):\n    y = x * {i}.0\n    return y * y + x" for i in range(20))
    start = threading.Barrier(6)
    for _ in range(3):
        functions = made(text)

        def work(functions=functions):
            start.wait()
            return [ad.grad(f)(0.5) for f in functions]

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            jobs = [pool.submit(work) for _ in range(6)]
            found = [job.result() for job in jobs]
        assert found == [[float(i * i) + 1.0 for i in range(20)]] * 6


def made(text):
    """New functions from a text, whose lines `inspect` can find."""
    name = f"<made {time.perf_counter_ns()}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope = {}
    exec(compile(text, name, "exec"), scope)
    return [scope[f"f{i}"] for i in range(20)]
