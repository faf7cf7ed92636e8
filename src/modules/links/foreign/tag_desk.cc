#include "modules/links/foreign/tag_desk.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "modules/links/field_errors.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/foreign/made_tags_store.h"
#include "modules/links/links_module.h"
#include "modules/links/links_store.h"
#include "modules/links/settings_rules.h"
#include "modules/links/settings_store.h"
#include "platform/observability/trace.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

std::string traceparent_of(const http::Call& call) {
  return call.trace.is_set() ? obs::format_traceparent(call.trace) : std::string();
}

base::Error not_found(const std::string& tag) {
  return base::fail(base::Code::kNotFound, "tag_not_found",
                    "Tag with name \"" + tag + "\" could not be found");
}

base::Status check_name(const std::string& name) {
  FieldErrors errors;
  if (!base::is_utf8(name) || base::utf8_length(name) > kMaxTagChars) {
    errors.add("/name", "too_long", "A tag has at most 50 characters.");
  } else if (!is_tag(name)) {
    errors.add("/name", "bad_tag",
               "A tag has no comma, no control character and no space at its ends.");
  }
  return errors.status();
}

struct Known {
  std::optional<store::MadeTag> made;
  bool of_links = false;
  [[nodiscard]] bool any() const { return made || of_links; }
};

base::Result<Known> find(storage::Transaction& tx, const std::string& tag) {
  Known known;
  ASHLAR_ASSIGN(known.made, store::find_made_tag(tx, tag));
  ASHLAR_ASSIGN(const std::vector<LinkId> links, store::tagged_links(tx, tag, 1));
  known.of_links = !links.empty();
  return known;
}

// All of the tag's links get the other, or none where that is "".
base::Result<std::int64_t> retag(storage::Transaction& tx, const Links& links,
                                 const std::string& tag, const std::string& to,
                                 const std::string& traceparent) {
  ASHLAR_ASSIGN(const std::vector<LinkId> ids,
                store::tagged_links(tx, tag, std::int64_t{TagDesk::kMostRetagged} + 1));
  if (ids.size() > TagDesk::kMostRetagged) {
    return base::fail(base::Code::kConflict, "too_many_links",
                      "More than 2,000 links have this tag; change their tags in parts.");
  }
  std::vector<Link> found;
  ASHLAR_TRY(store::links_of(tx, ids, [&](Link link) { found.push_back(std::move(link)); }));
  for (const Link& link : found) {
    LinkChange change;
    change.settings.tags = link.settings.tags;
    std::erase(*change.settings.tags, tag);
    if (!to.empty()) change.settings.tags->push_back(to);
    ASHLAR_TRY(links.update(tx, {.host = link.domain_host, .code = link.code}, change, link.version,
                            traceparent));
  }
  return static_cast<std::int64_t>(found.size());
}

}  // namespace

base::Result<std::vector<DeskTag>> TagDesk::list(const http::Call& call) const {
  std::vector<DeskTag> tags;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    tags.clear();
    ASHLAR_TRY(store::list_tags(tx, "", kMostListed, [&](std::string tag, std::int64_t links) {
      tags.push_back({.name = std::move(tag), .color = {}, .links = links});
    }));
    const std::size_t of_links = tags.size();
    return store::list_made_tags(tx, kMostMade, [&](store::MadeTag made) {
      const auto end = tags.begin() + static_cast<std::ptrdiff_t>(of_links);
      const auto at = std::ranges::lower_bound(tags.begin(), end, made.tag, {}, &DeskTag::name);
      if (at != end && at->name == made.tag) {
        at->color = std::move(made.color);
      } else {
        tags.push_back({.name = std::move(made.tag), .color = std::move(made.color)});
      }
    });
  }));
  std::ranges::sort(tags, {}, &DeskTag::name);
  return tags;
}

base::Result<TagDesk::Colors> TagDesk::colors(const http::Call& call) const {
  Colors colors;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    colors.clear();
    return store::list_made_tags(tx, kMostMade, [&](store::MadeTag made) {
      colors.emplace(std::move(made.tag), std::move(made.color));
    });
  }));
  return colors;
}

base::Result<DeskTag> TagDesk::create(const http::Call& call, const DeskTag& tag) const {
  ASHLAR_TRY(check_name(tag.name));
  return module_.db.write(
      call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<DeskTag> {
        ASHLAR_ASSIGN(const Known known, find(tx, tag.name));
        if (known.any()) {
          return base::fail(base::Code::kConflict, "tag_conflict",
                            "A tag with that name already exists.");
        }
        std::int64_t made = 0;
        ASHLAR_TRY(
            store::list_made_tags(tx, kMostMade, [&](const store::MadeTag& /*one*/) { ++made; }));
        if (made == kMostMade) {
          return base::fail(base::Code::kConflict, "too_many_tags",
                            "1,000 tags were made already; delete one first.");
        }
        ASHLAR_TRY(store::put_made_tag(tx, {tag.name, tag.color, module_.clock.now()}));
        return tag;
      });
}

base::Result<DeskTag> TagDesk::update(const http::Call& call, const std::string& tag,
                                      const std::optional<std::string>& name,
                                      const std::optional<std::string>& color) const {
  if (name) ASHLAR_TRY(check_name(*name));
  const std::string to = name.value_or(tag);
  return module_.db.write(
      call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<DeskTag> {
        ASHLAR_ASSIGN(const Known known, find(tx, tag));
        if (!known.any()) return not_found(tag);
        DeskTag changed{.name = to};
        if (to != tag) {
          ASHLAR_ASSIGN(const Known other, find(tx, to));
          if (other.any()) {
            return base::fail(
                base::Code::kConflict, "tag_conflict",
                "You cannot rename tag " + tag + " to " + to + ", because it already exists");
          }
          ASHLAR_ASSIGN(changed.links, retag(tx, module_.links, tag, to, traceparent_of(call)));
          ASHLAR_TRY(store::remove_made_tag(tx, tag));
        }
        changed.color = color.value_or(known.made ? known.made->color : "");
        if (known.made || color) {
          const base::Time made = known.made ? known.made->created_at : module_.clock.now();
          ASHLAR_TRY(store::put_made_tag(tx, {to, changed.color, made}));
        }
        return changed;
      });
}

base::Status TagDesk::remove(const http::Call& call, const std::string& tag) const {
  return module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const std::int64_t links,
                  retag(tx, module_.links, tag, "", traceparent_of(call)));
    ASHLAR_ASSIGN(const bool made, store::remove_made_tag(tx, tag));
    if (links == 0 && !made) return not_found(tag);
    return base::ok_status();
  });
}

}  // namespace ashlar::links
