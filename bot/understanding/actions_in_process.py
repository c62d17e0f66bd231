"""Runs the actions inside the process that holds the model: the same files that ``rasa run actions`` serves, without HTTP."""

from __future__ import annotations

import json
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

ADDRESS = "inprocess://"


class InProcessActions(EndpointConfig):
    """An action endpoint that calls the actions of ``package`` directly."""

    in_process = True

    def __init__(self, package: str = "actions", **kwargs: Any):
        super().__init__(**{"url": f"{ADDRESS}{package}", "selective_domain": True, **kwargs})
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        try:
            return await self._executor.run(kwargs["json"])
        except ActionExecutionRejection as rejection:
            body = json.dumps({"error": str(rejection), "action_name": rejection.action_name}).encode()
            raise ClientResponseError(400, "rejected", body) from rejection


def serve_actions_in_process() -> None:
    """An ``action_endpoint`` whose ``url`` begins with ``inprocess://`` runs in process; other addresses stay as they are."""
    if getattr(EndpointConfig.from_dict, "in_process", False):
        return
    stock = EndpointConfig.from_dict

    def from_dict(cls: type[EndpointConfig], data: dict[str, Any]) -> EndpointConfig:
        url = str(data.get("url") or "")
        return InProcessActions(url.removeprefix(ADDRESS)) if url.startswith(ADDRESS) else stock(data)

    from_dict.in_process = True  # type: ignore[attr-defined]
    EndpointConfig.from_dict = classmethod(from_dict)
