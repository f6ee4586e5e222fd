import asyncio

import pytest

import companion.limits as limits_module
from companion.limits import Limits


@pytest.fixture(params=["memory", "redis"])
def store(request):
    return request.getfixturevalue("redis").url if request.param == "redis" else None


def run(talk, *all_limits):
    async def closing():
        try:
            return await talk()
        finally:
            for limits in all_limits:
                await limits.close()

    return asyncio.run(closing())


def taken(limits, times, learner="anna", address="192.0.2.1", sort="turn"):
    async def take():
        return [await limits.take(sort, learner, address) for _ in range(times)]

    return run(take, limits)


@pytest.fixture
def fresh(redis):
    import redis as client

    client.Redis.from_url(redis.url).flushall()


@pytest.mark.usefixtures("fresh")
def test_a_learner_has_so_many_turns_a_minute_and_is_told_where_it_stands(store):
    standings = taken(Limits(store, turns_a_minute=3), 4)
    assert [one.allowed for one in standings] == [True, True, True, False]
    assert [one.remaining for one in standings] == [2, 1, 0, 0]
    assert all(1 <= one.reset <= 120 and (one.quota, one.window) == (3, 60) for one in standings)


@pytest.mark.usefixtures("fresh")
def test_one_who_is_over_the_limit_costs_nobody_else_anything(store):
    limits = Limits(store, turns_a_minute=1, address_turns_a_minute=10)

    async def talk():
        return [(await limits.take("turn", learner, "192.0.2.1")).allowed for learner in ("anna", "anna", "bert")]

    assert run(talk, limits) == [True, False, True]


@pytest.mark.usefixtures("fresh")
def test_an_address_has_its_own_limit_over_all_who_ask_from_it(store):
    limits = Limits(store, turns_a_minute=10, address_turns_a_minute=2)

    async def talk():
        return [await limits.take("turn", learner, "192.0.2.1") for learner in ("anna", "bert", "carl")]

    standings = run(talk, limits)
    assert [one.allowed for one in standings] == [True, True, False]
    assert standings[2].name == "turns-address"


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(("sort", "limit"), [("request", "requests-address"), ("tool", "turns-address")])
def test_an_address_has_its_own_limit_over_what_else_is_asked(store, sort, limit):
    limits = Limits(store, requests_a_minute=10, address_requests_a_minute=2, address_turns_a_minute=2)

    async def talk():
        return [await limits.take(sort, learner, "192.0.2.1") for learner in ("anna", "bert", "", "carl")]

    standings = run(talk, limits)
    assert [one.allowed for one in standings] == [True, True, False, False]
    assert standings[2].name == limit


@pytest.mark.usefixtures("fresh")
def test_the_days_tokens_are_used_up_by_what_turns_took(store):
    limits = Limits(store, tokens_a_day=100)

    async def spend():
        told = [await limits.has_tokens("anna")]
        for tokens in (60, 0, 70):
            await limits.spend("anna", tokens)
            told.append(await limits.has_tokens("anna"))
        return [*told, await limits.has_tokens("bert"), await limits.has_tokens("")]

    assert run(spend, limits) == [True, True, True, False, True, True]


@pytest.mark.usefixtures("fresh")
def test_all_machines_count_together_in_redis(redis):
    machines = [Limits(redis.url, turns_a_minute=2) for _ in range(3)]

    async def talk():
        return [(await machine.take("turn", "anna", "192.0.2.1")).allowed for machine in machines]

    assert run(talk, *machines) == [True, True, False]


def test_without_redis_each_process_goes_on_by_itself_and_comes_back(redis, monkeypatch):
    monkeypatch.setattr(limits_module, "_REDIS_PAUSE_SECONDS", 0.0)
    limits = Limits(redis.url, turns_a_minute=2, tokens_a_day=100)

    async def talk():
        before = (await limits.take("turn", "dora", "192.0.2.9")).allowed
        redis.kill()
        without = [(await limits.take("turn", "dora", "192.0.2.9")).allowed for _ in range(3)]
        tokens = await limits.has_tokens("dora")
        await limits.spend("dora", 10)
        redis.start()
        return before, without, tokens, (await limits.take("turn", "dora", "192.0.2.9")).allowed

    try:
        assert run(talk, limits) == (True, [True, True, False], True, True)
    finally:
        redis.kill()
        redis.start()
