// Category: a kind of message ("marketing", "security") that recipients may choose to get, with
// what holds for all of its kind.
//
// A message of a category that is not kept is of one with all the defaults below.
//
// Values and pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/rules.h"

namespace ashlar::json {
class Value;
}

namespace ashlar::notifications {

inline constexpr std::int64_t kMaxCategories = 200;  // of a tenant

struct Category {
  static constexpr std::size_t kMaxCaps = 5;
  static constexpr base::Seconds kMaxCapWindow{31 * 24 * 3600};
  static constexpr std::int64_t kMaxCapLimit = 1'000;

  // Of messages of this category to one recipient, by all channels together.
  struct Cap {
    std::uint32_t limit = 1;
    base::Seconds window{0};
    FrequencyCap::Excess excess = FrequencyCap::Excess::kDefer;
  };
  struct Window {
    WeekHours hours;
    std::string zone;  // IANA's name; empty: the recipient's
  };
  struct Settings {
    std::array<Choice, kChannels> channels{};  // for who never chose; unset: yes
    std::vector<Cap> caps;
    std::optional<Window> send_window;
    std::optional<DigestTime> digest;
  };

  std::string name;
  std::string title;
  std::string description;      // may be empty
  bool critical = false;        // goes whatever a recipient prefers, and at all hours
  std::string settings = "{}";  // JSON, below
  std::int64_t version = 0;     // 0: it is not kept
  base::Time created_at{}, updated_at{};
};

// {"channels": {"email": false}, "caps": [{"max": 3, "per": "day" | "hour" | seconds,
//  "excess": "defer" | "skip"}], "send_window": {"from","to","days"?,"time_zone"?} or a list of
//  hours {"hours": […], "time_zone"?}, "digest": {"after_s": 3600} | {"at": "08:00", "days"?}}
// kInvalid category_invalid with the member's JSON pointer.
base::Result<Category::Settings> category_settings_of(const json::Value& settings);
base::Result<Category::Settings> category_settings_of(std::string_view settings);

}  // namespace ashlar::notifications
