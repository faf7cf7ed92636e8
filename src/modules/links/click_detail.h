// ClickDetail: what a redirect knows of one click beside that it was, and what of it is written one
// by one: when, from which site, with what kind of program. Never an address, never a URL, never
// the program's full name. (What is added up of it: analytics/rollup.h.) Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::links {

class AgentWords;

// Stored as these numbers.
enum class AgentClass : std::uint8_t { kOther = 0, kBrowser = 1, kMobile = 2, kBot = 3 };

std::string_view agent_name(AgentClass agent);  // "other", "browser", "mobile", "bot"
AgentClass agent_from_stored(std::int64_t number);

// Of a User-Agent header; looks at its first 256 bytes.
AgentClass classify_agent(std::string_view user_agent);
AgentClass classify_agent(const AgentWords& agent);

// What led the visit where it went.
enum class Taken : std::uint8_t { kTarget = 0, kRule = 1, kVariant = 2 };

// Views into the request and the link, whole; the buffer keeps as much of each as it has room for.
struct ClickDetail {
  std::string_view referrer{};    // the Referer header
  std::string_view user_agent{};  // the User-Agent header
  std::string_view query{};       // of the visit, still encoded
  std::string_view target{};      // the link's own URL
  std::string_view address{};     // of the visitor; in memory until the next flush, never stored
  Taken taken = Taken::kTarget;
  std::size_t index = 0;  // of the rule or variant, from 0
};

// A click whose detail was kept. It stands for `weight` clicks: those since the one before whose
// detail was kept.
struct KeptClick {
  base::TenantId tenant;
  LinkId link;
  base::Time at{};
  std::int64_t weight = 1;
  ClickDetail detail{};
};

// What is written of a click one by one.
struct DetailEntry {
  static constexpr std::size_t kMaxReferrerBytes = 64;

  DetailEntry() = default;
  explicit DetailEntry(const KeptClick& click);

  base::TenantId tenant;
  LinkId link;
  base::Time at;
  AgentClass agent = AgentClass::kOther;
  std::uint8_t referrer_bytes = 0;  // 0: none
  std::array<char, kMaxReferrerBytes> referrer{};

  [[nodiscard]] std::string_view referrer_host() const { return {referrer.data(), referrer_bytes}; }
  // Keeps the host of an http(s) URL, in lower case; nothing where it is longer than fits or holds
  // anything but [a-z0-9.-].
  void set_referrer(std::string_view url);
};

}  // namespace ashlar::links
