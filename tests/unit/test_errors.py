"""Errors: each names the thing, the reason and the next step, and ends a command with its status."""

from __future__ import annotations

import inspect
import pickle

import pytest

from newsletter import errors
from newsletter.errors import NewsletterError, RefusedError, SettingsError

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, NewsletterError)]


def test_a_message_names_the_thing_the_reason_and_the_next_step():
    assert (
        str(NewsletterError("key file k", "is not there", "Run: init"))
        == "key file k: is not there. Run: init"
    )


@pytest.mark.parametrize("reason", ["is wrong", "is wrong."])
def test_a_reason_ends_in_one_full_stop(reason):
    assert str(NewsletterError("it", reason)) == "it: is wrong."


def test_settings_mistakes_end_with_2_refusals_with_3_and_all_else_with_1():
    statuses = {one: one.exit_status for one in ALL}
    assert statuses.pop(SettingsError) == 2
    assert statuses.pop(RefusedError) == 3
    assert set(statuses.values()) == {1}


@pytest.mark.parametrize("error", ALL)
def test_every_error_travels_between_processes_unchanged(error):
    made = error("a", "b", "c")
    copy = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), copy.next_step) == (error, str(made), "c")


def test_the_tree_in_the_module_text_names_every_error():
    drawing = errors.__doc__ or ""
    assert all(one.__name__ in drawing for one in ALL)
