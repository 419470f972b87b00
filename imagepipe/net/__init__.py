"""The wire: requests to providers, and the guarded download of pictures, over httpx2."""

from imagepipe.net.download import Downloaded, Downloader
from imagepipe.net.lanes import Lanes
from imagepipe.net.transport import HttpTransport

__all__ = ["Downloaded", "Downloader", "HttpTransport", "Lanes"]
