// InstanceId: one process among those that serve the same documents; random.
#pragma once

#include "base/strong_id.h"

namespace ashlar::documents {

using InstanceId = base::StrongId<struct InstanceTag>;

}  // namespace ashlar::documents
