"""Rows that are written once. The database refuses the rest; this explains it in Python."""

from typing import Any, NoReturn

from django.db import models


class WrittenOnce(Exception):
    """Evidence is never changed nor deleted."""


class EvidenceQuerySet(models.QuerySet[Any]):
    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WrittenOnce(f"{self.model.__name__} rows are written once.")

    update = delete = bulk_update = _refuse
    _raw_delete = _refuse


class Evidence(models.Model):
    """The application's role may read and insert (DATABASE_GRANTS), triggers stop everyone else."""

    DATABASE_GRANTS = ("SELECT", "INSERT")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise WrittenOnce(f"{type(self).__name__} rows are written once.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WrittenOnce(f"{type(self).__name__} rows are written once.")
