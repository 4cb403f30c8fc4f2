"""The optional table of frozen links in a model folder."""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from linksift._manifest import REMEDY
from linksift.errors import BundleError


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Write a table without its index; the same table gives the same bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    stream = io.BytesIO()
    # pandas writes its own version into the schema's metadata: the same table would give other bytes elsewhere.
    pq.write_table(table.replace_schema_metadata(None), stream, compression="zstd")
    return stream.getvalue()


def from_parquet(data: bytes, limit: int, where: str) -> pd.DataFrame:
    """Read a table that unpacks to at most `limit` bytes, or raise BundleError."""
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        groups = range(file.metadata.num_row_groups)
        unpacked = sum(file.metadata.row_group(number).total_byte_size for number in groups)
        if unpacked > limit:
            raise BundleError(f"{where}: unpacks to {unpacked} bytes, no model's does; {REMEDY}")
        frame: pd.DataFrame = file.read().to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise BundleError(f"{where}: not a Parquet table ({error}); {REMEDY}") from error
    return frame
