#include "modules/links/bulk/bulk_links.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

base::Result<std::vector<std::string>> tags_after(const std::vector<std::string>& before,
                                                  const BulkSet& set) {
  std::vector<std::string> tags;
  std::ranges::copy_if(before, std::back_inserter(tags), [&](const std::string& tag) {
    return std::ranges::find(set.tags_remove, tag) == set.tags_remove.end();
  });
  tags.insert(tags.end(), set.tags_add.begin(), set.tags_add.end());
  std::ranges::sort(tags);
  tags.erase(std::ranges::unique(tags).begin(), tags.end());
  if (tags.size() > kMaxTags) {
    return base::fail(base::Code::kInvalid, "too_many_tags", "The link would have over 20 tags.");
  }
  return tags;
}

base::Result<bool> update_one(storage::Transaction& tx, const Links& links, LinkRef ref,
                              const BulkSet& set, std::string_view traceparent) {
  ASHLAR_ASSIGN(const Link before, links.find(tx, ref));
  LinkChange change;
  change.enabled = set.enabled;
  change.expires_at = set.expires_at;
  change.settings.archived = set.archived;
  change.settings.owner = set.owner;
  if (!set.tags_add.empty() || !set.tags_remove.empty()) {
    ASHLAR_ASSIGN(change.settings.tags, tags_after(before.settings.tags, set));
  }
  ASHLAR_ASSIGN(const Link after, links.update(tx, ref, change, before.version, traceparent));
  return after.version != before.version;
}

}  // namespace

bool is_refusal(const base::Error& error) {
  switch (error.code) {
    case base::Code::kInvalid:
    case base::Code::kConflict:
    case base::Code::kNotFound:
    case base::Code::kForbidden:
      return !std::string_view(error.reason).starts_with("storage_");
    default:
      return false;
  }
}

base::Result<std::vector<BulkCreated>> create_each(storage::Transaction& tx, const Links& links,
                                                   std::span<const BulkItem> items,
                                                   std::string_view traceparent,
                                                   const OnMade& made) {
  std::vector<BulkCreated> outcomes;
  outcomes.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const BulkItem& item = items[i];
    BulkCreated& outcome = outcomes.emplace_back();
    if (item.refused) {
      outcome.problem = *item.refused;
      continue;
    }
    base::Result<Links::Made> link = links.make(tx, item.link, traceparent);
    if (link.ok()) {
      if (!link->existed) ASHLAR_TRY(made(i, link->link));
      outcome.existed = link->existed;
      outcome.link = std::move(link->link);
    } else if (is_refusal(link.error())) {
      outcome.problem = std::move(link).error();
    } else {
      return std::move(link).error();
    }
  }
  return outcomes;
}

base::Result<std::vector<BulkUpdated>> update_each(storage::Transaction& tx, const Links& links,
                                                   std::span<const LinkRef> refs,
                                                   const BulkSet& set,
                                                   std::string_view traceparent) {
  std::vector<BulkUpdated> outcomes;
  outcomes.reserve(refs.size());
  for (const LinkRef ref : refs) {
    BulkUpdated& outcome = outcomes.emplace_back(
        BulkUpdated{.host = std::string(ref.host), .code = std::string(ref.code)});
    base::Result<bool> changed = update_one(tx, links, ref, set, traceparent);
    if (changed.ok()) {
      outcome.changed = *changed;
    } else if (is_refusal(changed.error())) {
      outcome.problem = std::move(changed).error();
    } else {
      return std::move(changed).error();
    }
  }
  return outcomes;
}

}  // namespace ashlar::links
