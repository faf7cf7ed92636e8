// The dynamic_metadata of an answer (RESPONSE_DYNAMIC_METADATA of ratelimit): what was asked, and
// the metadata of the rules that were not over, laid over each other: what comes first stays,
// mappings are merged.
#pragma once

#include <span>

#include "platform/json/value.h"

namespace ashlar::limits {

struct RlsRequest;
struct RlsRule;

json::Value::Object rls_metadata(const RlsRequest& request, std::span<const RlsRule* const> passed);

}  // namespace ashlar::limits
