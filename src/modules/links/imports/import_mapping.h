// import_mapping: a row of a file as a link that is wanted. Pure.
//
// Columns and members are known by their names, compared without case and but for letters and
// digits ("Long URL", "long_url" and "longUrl" are one):
//
//   shlink   shortCode, longUrl, title, tags, dateCreated, validSince, validUntil, maxVisits,
//            visits, domain, forwardQuery; of its lists in JSON `meta` and `visitsSummary` too
//   kutt     address, target, description, created_at, expire_in, visit_count, domain; banned
//            makes it disabled, password refuses the row, for the file does not tell it
//   yourls   keyword, url, title, timestamp, clicks
//   bitly    id or link (its path), long_url, title, created_at, tags, clicks, archived
//   jsonl    what GET /v1/link-export gives (link_export.h)
// What else a row has is passed over, but of jsonl: there it is a fault.
// In CSV several tags stand in one field, with '|' or ',' between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/imports/link_import.h"
#include "modules/links/links_json.h"

namespace ashlar::links {

// More would let sums of clicks come near the end of int64.
inline constexpr std::int64_t kMaxImportedClicks = 10'000'000'000;

struct ImportedLink {
  CreateLinkJson link;
  bool enabled = true;
  std::optional<base::Time> created_at;
  std::int64_t clicks = 0;
  std::int64_t clicks_used = 0;
  std::string password_hash;  // jsonl alone
};

// The names of the columns, of a CSV file; empty of the others.
std::vector<std::string> columns_of(const LinkImport& import);

// Of a CSV file: whether its first row is a header that the source would have: it names codes and
// URLs. kInvalid no_header.
base::Status check_columns(ImportSource source, const std::vector<std::string>& columns);

// `row`: the text of one row. kInvalid with a reason for the report: row_malformed, url_missing,
// code_missing, time_malformed, clicks_out_of_range, password_in_clear, password_not_in_file,
// bad_password_hash, find_in_import, the schemas' own.
base::Result<ImportedLink> read_row(ImportSource source, ImportFormat format,
                                    const std::vector<std::string>& columns, char delimiter,
                                    std::string_view row);

// "2026-11-22T10:00:00Z" and what RFC 3339 allows, "2026-11-22 10:00:00", "2026-11-22" (both UTC),
// seconds since 1970.
std::optional<base::Time> parse_any_time(std::string_view text);

}  // namespace ashlar::links
