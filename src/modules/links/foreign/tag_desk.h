// TagDesk: what the APIs of other shorteners do with tags. Ours are texts that links have; there a
// tag is a thing of its own, which can be made before any link has it, renamed and deleted.
//
// Promises
//  1. A tag is there as long as a link has it or, if it was made, until it is deleted.
//  2. Renaming and deleting are one transaction over all links that have the tag, so that no half
//  of
//     them is left with the other name; a tag of more than kMostRetagged links is refused.
//  3. Listed are the first kMostListed.
//
// Errors: kNotFound tag_not_found; kConflict tag_conflict (the name is another tag's),
// too_many_links, too_many_tags; kInvalid with the field "name" of what can be no tag; those of
// links.h. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "platform/http/call.h"

namespace ashlar::links {

class LinksModule;

struct DeskTag {
  std::string name;
  std::string color{};  // "": none was given
  std::int64_t links = 0;
};

class TagDesk {
 public:
  static constexpr std::size_t kMostRetagged = 2'000;
  static constexpr std::int64_t kMostMade = 1'000;
  static constexpr std::int64_t kMostListed = 10'000;

  // It outlives the desk.
  explicit TagDesk(LinksModule& module) : module_(module) {}

  // In the order of their names.
  [[nodiscard]] base::Result<std::vector<DeskTag>> list(const http::Call& call) const;
  // Of those that have one.
  using Colors = std::unordered_map<std::string, std::string>;
  [[nodiscard]] base::Result<Colors> colors(const http::Call& call) const;

  [[nodiscard]] base::Result<DeskTag> create(const http::Call& call, const DeskTag& tag) const;
  // What is not set stays as it is.
  [[nodiscard]] base::Result<DeskTag> update(const http::Call& call, const std::string& tag,
                                             const std::optional<std::string>& name,
                                             const std::optional<std::string>& color) const;
  [[nodiscard]] base::Status remove(const http::Call& call, const std::string& tag) const;

 private:
  LinksModule& module_;
};

}  // namespace ashlar::links
