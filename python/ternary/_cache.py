"""A bounded cache that makes each value once, whichever thread asks first."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Slot(Generic[Value]):
    """A value that is there or that the first who asks makes."""

    def __init__(self) -> None:
        self.value: Value | None = None
        self.lock = threading.Lock()

    def get(self, make: Callable[[], Value]) -> Value:
        if self.value is None:
            with self.lock:
                if self.value is None:
                    self.value = make()
        return self.value


class Cache(Generic[Value]):
    """The values that were asked for last, at most `limit`; `on_drop` is called when one
    goes. While one thread makes a value, others that ask for it wait; a failure is not
    kept. A child of a fork goes on with the values that were there."""

    def __init__(self, limit: int, on_drop: Callable[[], object] = lambda: None) -> None:
        self._limit = limit
        self._on_drop = on_drop
        self._slots: OrderedDict[Hashable, Slot[Value]] = OrderedDict()
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._renew_locks)

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of the key, made if it is not there."""
        return self._slot(key).get(make)

    def clear(self) -> None:
        """Forgets all values."""
        with self._lock:
            self._slots.clear()
            self._on_drop()

    def _slot(self, key: Hashable) -> Slot[Value]:
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = Slot()
                if len(self._slots) > self._limit:
                    self._slots.popitem(last=False)
                    self._on_drop()
            else:
                self._slots.move_to_end(key)
            return slot

    def _renew_locks(self) -> None:
        """The threads that held locks when the process was forked are not in the child."""
        self._lock = threading.Lock()
        self._slots = OrderedDict((key, slot) for key, slot in self._slots.items()
                                  if slot.value is not None)
