"""The API that today's clients of Sage's ECR expect, as files.

Read in the sources of the scheduler (``pkg/cloudscheduler/validator.go``,
``pkg/datatype/manifest.go``, ``pkg/interfacing/http.go``), the portal
(``components/apis/ecr.ts``, ``apps/sage/ecr``) and the MCP server
(``sage_mcp_server/plugin_metadata.py``); the page ``machine-api`` says what each needs.

``GET /api/apps`` is the file ``api/apps/index.json``, ``/api/apps/<namespace>/<name>`` is an
``index.json`` in that directory, and ``/api/apps/<namespace>/<name>/<version>`` is a file of
exactly that name, so that a host needs rules for a few addresses only.

A yanked release is left out: the scheduler then says that it does not exist in ECR and takes
no new job with it. A bundle with no other release is left out as a whole.
"""

from ecr.stages.publish.compat.bundle import render_bundle_compat
from ecr.stages.publish.compat.lists import render_compat_lists

__all__ = ["render_bundle_compat", "render_compat_lists"]
