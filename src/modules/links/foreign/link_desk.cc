#include "modules/links/foreign/link_desk.h"

#include <optional>
#include <utility>
#include <vector>

#include "modules/links/clicks_store.h"
#include "modules/links/foreign/checked.h"
#include "modules/links/foreign/foreign_store.h"
#include "modules/links/links_module.h"
#include "platform/cache/far_region.h"
#include "platform/observability/trace.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr int kChances = 8;

std::string traceparent_of(const http::Call& call) {
  return call.trace.is_set() ? obs::format_traceparent(call.trace) : std::string();
}

base::Result<CountedLink> counted(storage::Transaction& tx, Link link) {
  store::ClickTotal total;
  ASHLAR_TRY(store::totals_with_bots(
      tx, {&link.id, 1}, [&](LinkId /*id*/, store::ClickTotal found) { total = found; }));
  return CountedLink{std::move(link), total.clicks, total.bots};
}

}  // namespace

std::string foreign_id(const Link& link) {
  return link.domain_host.empty() ? link.code : link.domain_host + "~" + link.code;
}

LinkRef ref_of_foreign_id(std::string_view id) {
  const std::size_t at = id.find('~');
  if (at == std::string_view::npos) return {.code = id};
  return {.host = id.substr(0, at), .code = id.substr(at + 1)};
}

void tell_bound(const CatalogPage& page, http::Response& response) {
  if (page.bounded) response.header("Ashlar-Bounded", "true");
}

base::Result<std::string> LinkDesk::hash_of(const std::optional<std::string>& password) const {
  if (!password || password->empty()) return std::string();
  return module_.password_hashes.hash(*password);
}

base::Result<CountedLink> LinkDesk::find(const http::Call& call, LinkRef ref) const {
  return module_.db.read(call.tenant_context(),
                         [&](storage::Transaction& tx) -> base::Result<CountedLink> {
                           ASHLAR_ASSIGN(Link link, module_.links.find(tx, ref));
                           return counted(tx, std::move(link));
                         });
}

base::Result<std::optional<CountedLink>> LinkDesk::newest_to(
    const http::Call& call, std::string_view url, std::optional<std::string_view> host) const {
  using Found = std::optional<CountedLink>;
  return module_.db.read(
      call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<Found> {
        std::vector<std::int64_t> hashes;
        if (host) {
          ASHLAR_ASSIGN(const DomainId domain, module_.links.domain_of(tx, *host));
          hashes.push_back(module_.url_hashes.of(domain, url));
        } else {
          ASHLAR_ASSIGN(const DomainPage all, module_.domains.list(tx, "", Domains::kMaxPerTenant));
          hashes.push_back(module_.url_hashes.of(DomainId(), url));
          for (const Domain& each : all.domains) {
            hashes.push_back(module_.url_hashes.of(each.id, url));
          }
        }
        ASHLAR_ASSIGN(const std::vector<LinkId> ids, store::links_to(tx, hashes, url, 1));
        if (ids.empty()) return Found();
        ASHLAR_ASSIGN(Link link, module_.links.find(tx, ids.front()));
        ASHLAR_ASSIGN(CountedLink found, counted(tx, std::move(link)));
        return Found(std::move(found));
      });
}

base::Result<CatalogPage> LinkDesk::list(const http::Call& call, const CatalogQuery& query) const {
  return module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    return read_catalog(tx, query, module_.clock.now());
  });
}

// Lists of unsafe pages are asked by a job: clients make many links one by one.
base::Result<NewLink> LinkDesk::prepare(const http::Call& call,
                                        const CreateLinkJson& wanted) const {
  ASHLAR_ASSIGN(const CreateLinkJson json, checked(create_link_schema(), wanted));
  if (const auto refusal = module_.admit(call, 1)) {
    return abuse::CreationLimits::error_of(*refusal);
  }
  ASHLAR_ASSIGN(std::string hash, hash_of(json.password));
  return new_link_of(json, std::move(hash));
}

base::Result<CountedLink> LinkDesk::insert(const http::Call& call, const NewLink& link) const {
  return module_.db.write(
      call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<CountedLink> {
        ASHLAR_ASSIGN(Link made, module_.links.create(tx, link, traceparent_of(call)));
        return counted(tx, std::move(made));
      });
}

base::Result<CountedLink> LinkDesk::create(const http::Call& call,
                                           const CreateLinkJson& wanted) const {
  ASHLAR_ASSIGN(const NewLink link, prepare(call, wanted));
  return insert(call, link);
}

base::Result<CountedLink> LinkDesk::create_by_chance(const http::Call& call, CreateLinkJson wanted,
                                                     const std::string& prefix,
                                                     std::size_t length) const {
  wanted.code = prefix + module_.entropy.base62(length);
  ASHLAR_ASSIGN(NewLink link, prepare(call, wanted));
  link.any_code = true;
  for (int i = 0; i < kChances; ++i) {
    if (i > 0) link.code = prefix + module_.entropy.base62(length);
    base::Result<CountedLink> made = insert(call, link);
    if (made.ok() || std::string_view(made.error().reason) != "code_taken") return made;
  }
  return base::fail(base::Code::kConflict, "codes_exhausted",
                    "No free code of this length was found; ask for a longer one.");
}

// The far cache is told before and after, as in LinksApi.
base::Result<CountedLink> LinkDesk::update(const http::Call& call, LinkRef ref,
                                           const LinkPatchJson& patch,
                                           std::optional<std::int64_t> if_version) const {
  ASHLAR_ASSIGN(const LinkPatchJson json, checked(update_link_schema(), patch));
  ASHLAR_ASSIGN(std::string hash,
                hash_of(json.password ? *json.password : std::optional<std::string>()));
  const LinkChange wanted = change_of(json, std::move(hash));
  std::optional<cache::FarChange> change;
  if (module_.region != nullptr) {
    change.emplace(*module_.region, std::vector{module_.links.key_of(ref)});
  }
  return module_.db.write(
      call.tenant_context(), [&](storage::Transaction& tx) -> base::Result<CountedLink> {
        if (change) change->announce(tx);
        ASHLAR_ASSIGN(Link link,
                      module_.links.update(tx, ref, wanted, if_version, traceparent_of(call)));
        return counted(tx, std::move(link));
      });
}

base::Status LinkDesk::remove(const http::Call& call, LinkRef ref) const {
  std::optional<cache::FarChange> change;
  if (module_.region != nullptr) {
    change.emplace(*module_.region, std::vector{module_.links.key_of(ref)});
  }
  return module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    if (change) change->announce(tx);
    return module_.links.remove(tx, ref, traceparent_of(call));
  });
}

}  // namespace ashlar::links
