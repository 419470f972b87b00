"""The wire: requests to providers, and the guarded download of pictures, over aiohttp."""

from imagepipe.net.download import Downloader
from imagepipe.net.sessions import tls_context
from imagepipe.net.transport import HttpTransport
from imagepipe.wire import Downloaded

__all__ = ["Downloaded", "Downloader", "HttpTransport", "tls_context"]
