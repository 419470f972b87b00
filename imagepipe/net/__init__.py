"""The wire: requests to providers, and the guarded download of pictures, over aiohttp."""

from imagepipe.net.download import Downloaded, Downloader
from imagepipe.net.transport import HttpTransport

__all__ = ["Downloaded", "Downloader", "HttpTransport"]
