// flag_rules: what a link's flag becomes (link_flag.h has the picture). Pure: values in, values
// out.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "modules/links/link_flag.h"

namespace ashlar::links::abuse {

inline constexpr std::string_view kOpenRedirect = "open_redirect";
inline constexpr std::string_view kManyNested = "many_nested_urls";
inline constexpr std::string_view kReported = "reports";
inline constexpr std::string_view kByOperator = "operator";
inline constexpr std::string_view kDenied = "denied";
inline constexpr std::string_view kListPrefix = "list:";

// What a look at a link's targets has found.
struct Findings {
  std::vector<std::string> signs;  // of hosts, kOpenRedirect, kManyNested
  std::set<std::string> threats;   // of lists, by type, but for what the operator has cleared
  bool denied = false;             // to everybody, by the operator
  bool looked_up = false;          // false: `threats` says nothing

  [[nodiscard]] bool is_listed() const { return denied || !threats.empty(); }
};

// When the link is made or its targets change. A flag stays whatever the owner does; that the
// operator has cleared another target says nothing of this one.
LinkFlag flag_of_targets(const LinkFlag& before, const Findings& found);

// When it is looked at again, its targets the same. REQUIRES: found.looked_up; the signs are not
// looked at. A flag that only lists have put is taken away when they let go of it.
LinkFlag flag_when_checked(const LinkFlag& before, const Findings& found);

LinkFlag flag_when_reported(const LinkFlag& before);
LinkFlag flag_decided(const LinkFlag& before, bool flagged);

}  // namespace ashlar::links::abuse
