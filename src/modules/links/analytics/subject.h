// Subject: what clicks are added up for: one link, or all that a tenant, a tag, a domain or an
// owner has. Its key is text, the same in all tables.
//
// A click belongs to the tags and the owner that its link had when it was added up: giving a link a
// tag later moves no clicks into that tag.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "modules/links/link.h"

namespace ashlar::links::analytics {

enum class SubjectKind : std::uint8_t { kTenant, kLink, kTag, kDomain, kOwner };

struct Subject {
  SubjectKind kind = SubjectKind::kTenant;
  std::string key = "*";

  static Subject tenant() { return {}; }
  static Subject link(LinkId id) { return {SubjectKind::kLink, "l" + std::to_string(id.value)}; }
  static Subject tag(std::string_view tag) { return {SubjectKind::kTag, "t:" + std::string(tag)}; }
  // 0: the installation's own.
  static Subject domain(std::int64_t id) {
    return {SubjectKind::kDomain, "d" + std::to_string(id)};
  }
  static Subject owner(std::string_view owner) {
    return {SubjectKind::kOwner, "o:" + std::string(owner)};
  }
};

// Of a link's key. Not set: it is none.
inline LinkId link_of(std::string_view key) {
  std::int64_t id = 0;
  if (!key.starts_with('l')) return {};
  std::from_chars(key.data() + 1, key.data() + key.size(), id);
  return LinkId(id);
}

}  // namespace ashlar::links::analytics
