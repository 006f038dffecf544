"""Names for the types of arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

Int32 = npt.NDArray[np.int32]

Bool = npt.NDArray[np.bool_]
