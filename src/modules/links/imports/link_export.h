// link_export: a link as a line of JSON, from which another installation, or this one, makes it
// again (import_mapping.h, source jsonl): what POST /v1/links takes, and its past: created_at,
// enabled, clicks, clicks_used, password_hash where wanted. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "modules/links/link.h"

namespace ashlar::links {

void append_export_line(std::string& out, const Link& link, std::int64_t clicks,
                        bool password_hash);

}  // namespace ashlar::links
