// LinkDesk: what the APIs of other shorteners do with links for their clients, under the rules of
// /v1.
//
// Whatever they ask for is put into /v1's own words (CreateLinkJson, LinkPatchJson) and passes its
// schema, so the same limits hold everywhere, and what is wrong is named as /v1 names it; each API
// calls the fields by its own names (FieldNames). Links are named by LinkRefs, or by an id that is
// made of one (foreign_id()): "code", or "host~code" on a domain.
//
// Errors: those of links.h; invalid_request of the schemas; kTooMany quota_exceeded where more
// links are made than the limits allow (abuse/creation_limits.h). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/links/foreign/link_catalog.h"
#include "modules/links/link_ref.h"
#include "modules/links/links_json.h"
#include "platform/http/call.h"
#include "platform/http/response.h"

namespace ashlar::links {

class LinksModule;
struct NewLink;

std::string foreign_id(const Link& link);
// A view of `id`. What is no id at all names a link that is not there.
LinkRef ref_of_foreign_id(std::string_view id);

// Says in the answer's head that its total or its order is about no more links than were looked at:
// "Ashlar-Bounded: true".
void tell_bound(const CatalogPage& page, http::Response& response);

class LinkDesk {
 public:
  // It outlives the desk.
  explicit LinkDesk(LinksModule& module) : module_(module) {}

  [[nodiscard]] base::Result<CountedLink> find(const http::Call& call, LinkRef ref) const;
  // The newest link that leads to the URL: on the domain of that host ("" the installation's own),
  // or on whichever.
  [[nodiscard]] base::Result<std::optional<CountedLink>> newest_to(
      const http::Call& call, std::string_view url, std::optional<std::string_view> host) const;
  [[nodiscard]] base::Result<CatalogPage> list(const http::Call& call,
                                               const CatalogQuery& query) const;
  [[nodiscard]] base::Result<CountedLink> create(const http::Call& call,
                                                 const CreateLinkJson& wanted) const;
  // Its code is `prefix` and so many characters by chance.
  [[nodiscard]] base::Result<CountedLink> create_by_chance(const http::Call& call,
                                                           CreateLinkJson wanted,
                                                           const std::string& prefix,
                                                           std::size_t length) const;
  // `if_version`: as in Links::update().
  [[nodiscard]] base::Result<CountedLink> update(const http::Call& call, LinkRef ref,
                                                 const LinkPatchJson& patch,
                                                 std::optional<std::int64_t> if_version = {}) const;
  // Links::remove().
  [[nodiscard]] base::Status remove(const http::Call& call, LinkRef ref) const;

 private:
  // Counts as one link made (creation limits), whether it comes to that or not.
  [[nodiscard]] base::Result<NewLink> prepare(const http::Call& call,
                                              const CreateLinkJson& wanted) const;
  [[nodiscard]] base::Result<CountedLink> insert(const http::Call& call, const NewLink& link) const;
  [[nodiscard]] base::Result<std::string> hash_of(const std::optional<std::string>& password) const;

  LinksModule& module_;
};

}  // namespace ashlar::links
