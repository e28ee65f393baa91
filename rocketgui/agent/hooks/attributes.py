"""A descriptor that reports when an attribute of a standard library object is read or set.

Tested by tests/agent/test_errors.py.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Any, Callable


class Attribute:
    """A descriptor for an attribute of a foreign class. Instances keep the attribute in their own dictionary, as they
    do without the descriptor. `was_read(instance, value)` and `was_set(instance, value)`, where not None, are called
    when the attribute is read or set.

    Both calls have returned before the reader or setter goes on, so they leave no frame in any traceback.
    """

    def __init__(
        self, name: str, was_read: Callable[[Any, Any], None] | None, was_set: Callable[[Any, Any], None] | None
    ) -> None:
        self._name = name
        self._was_read = was_read
        self._was_set = was_set

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        found = {} if instance is None else instance.__dict__
        if self._name not in found:
            raise AttributeError(self._name)
        value = found[self._name]
        if self._was_read is not None:
            self._was_read(instance, value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._name] = value
        if self._was_set is not None:
            self._was_set(instance, value)

    def __delete__(self, instance: Any) -> None:
        if instance.__dict__.pop(self._name, self) is self:
            raise AttributeError(self._name)
