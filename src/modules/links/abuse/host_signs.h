// HostSigns: what about a host's name speaks for somebody who wants to be taken for somebody else.
//
//   look_alike        it looks like a protected name and is not it: letters of other scripts (а for
//                     a), or the like within one (1 for l, rn for m). By the skeletons of Unicode's
//                     UTS 39, lower case
//   mixed_scripts     a label mixes scripts that no language does (UTS 39, "highly restrictive"),
//   or
//                     is wholly of letters of another script that all look like Latin ones
//   name_inside       a protected name stands within it, but it ends otherwise:
//                     bank.example.evil.example
//
// Protected names are those of the installation, of the tenant's own domains and of a setting; what
// lies below a protected name is its own. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links::abuse {

enum class HostSign : std::uint8_t { kLookAlike, kMixedScripts, kNameInside };
std::string_view name_of(HostSign sign);

class HostSigns {
 public:
  // Hosts in their ASCII form; addresses and single labels are left out.
  explicit HostSigns(const std::vector<std::string>& protected_hosts);
  ~HostSigns();
  HostSigns(const HostSigns&) = delete;
  HostSigns& operator=(const HostSigns&) = delete;

  // `host`: lower case, ASCII (xn--…). `more`: protected for this call only.
  [[nodiscard]] std::vector<HostSign> of(std::string_view host,
                                         std::span<const std::string> more = {}) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace ashlar::links::abuse
