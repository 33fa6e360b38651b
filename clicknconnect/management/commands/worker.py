"""Runs background jobs until it is stopped; several may run, each job runs once."""

import asyncio
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from procrastinate import App, PsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params

from clicknconnect import runs, startup


class Connector(PsycopgConnector):
    """The worker asks by connections of its own; what a job defers goes with the job's transaction.

    Otherwise a job is there before what it is about is committed, finds nothing and is done; or
    stays although all the rest was rolled back.
    """

    def get_sync_connector(self) -> BaseConnector:
        return DjangoConnector()


class Command(BaseCommand):
    help = "Runs the queue: mails, upkeep of the consent log, housekeeping."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2)
        parser.add_argument("--once", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        startup.verify()
        connection.close()
        # A direct connection: the worker listens, which a pooler in transaction mode cannot.
        connector = Connector(kwargs=connector_params("direct"))
        with app.replace_connector(connector) as worker_app:
            asyncio.run(self._work(worker_app, **options))

    async def _work(self, worker_app: App, *, concurrency: int, once: bool, **options: Any) -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=concurrency,
                wait=not once,
                name=f"worker-{os.getpid()}",
                shutdown_graceful_timeout=20,
                update_heartbeat_interval=10,
                stalled_worker_timeout=60,
                worker_middleware=[runs.noted],
            )
