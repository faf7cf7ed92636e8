// threat_wire: what is asked of a service that keeps lists of unsafe pages, and what it answers, in
// the JSON of Google Safe Browsing: version 5 (hashes:search) and version 4 (fullHashes:find,
// threatListUpdates:fetch). Pure; any thread.
//
// Nothing of a URL is told but the first four bytes of its expressions' SHA-256. Of what is
// answered only the threats named below count; the rest, and what a list marks as a canary or as
// unsafe in frames alone, is left out, as the documentation asks. Whole answers that cannot be read
// are kUnavailable threat_list_answer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::links::abuse {

inline constexpr std::array<std::string_view, 4> kThreatTypes{
    "MALWARE", "SOCIAL_ENGINEERING", "UNWANTED_SOFTWARE", "POTENTIALLY_HARMFUL_APPLICATION"};

inline constexpr std::size_t kPrefixBytes = 4;
inline constexpr std::size_t kMaxPrefixesAsked = 500;
inline constexpr base::Seconds kMaxKept{86'400};

struct ThreatHit {
  std::string hash;  // 32 bytes
  std::string type;  // one of kThreatTypes
  base::Seconds keep{0};

  friend bool operator==(const ThreatHit&, const ThreatHit&) = default;
};

struct HashAnswer {
  std::vector<ThreatHit> hits;
  base::Seconds keep{0};  // that what was asked for has no other hits
  base::Seconds wait{0};  // before the next question
};

// Path and query. REQUIRES: prefixes of kPrefixBytes, at most kMaxPrefixesAsked.
std::string search_target_v5(std::string_view key, std::span<const std::string> prefixes);
base::Result<HashAnswer> read_search_v5(std::string_view body);

// The body of fullHashes:find; `states`: of the lists as last updated.
std::string find_body_v4(std::span<const std::string> prefixes,
                         std::span<const std::string> states);
base::Result<HashAnswer> read_find_v4(std::string_view body);

// A list by the threat that it is of, and its state as the service gave it ("": none yet).
using ListState = std::pair<std::string_view, std::string>;
std::string update_body_v4(std::span<const ListState> lists);

struct ListUpdate {
  std::string type;
  bool full = false;               // takes the place of what was there
  std::vector<std::string> added;  // prefixes of 4 to 32 bytes
  std::vector<std::int64_t>
      removed;  // by their places in the sorted list, before anything is added
  std::string state;
  std::string checksum;  // SHA-256 of the sorted list afterwards; raw
};
struct ListUpdates {
  std::vector<ListUpdate> updates;
  base::Seconds wait{0};
};
base::Result<ListUpdates> read_updates_v4(std::string_view body);

}  // namespace ashlar::links::abuse
