// KuttApi: the REST API of Kutt (v2) on our links, for its unmodified npm package. What differs is
// in docs/link-clients.md. kutt_wire.cc has the table that names the handlers.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "modules/links/domain.h"
#include "modules/links/foreign/link_desk.h"
#include "platform/http/call.h"
#include "platform/http/response.h"

namespace ashlar::links {
class ForeignBody;
class LinksModule;
}  // namespace ashlar::links

namespace ashlar::links::kutt {

class KuttApi {
 public:
  // It outlives the API.
  explicit KuttApi(LinksModule& module) : module_(module), desk_(module) {}

  base::Result<http::Response> health(http::Call& call) const;
  base::Result<http::Response> user(http::Call& call) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> create(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call) const;
  base::Result<http::Response> remove(http::Call& call) const;
  base::Result<http::Response> stats(http::Call& call) const;
  base::Result<http::Response> create_domain(http::Call& call) const;
  base::Result<http::Response> remove_domain(http::Call& call) const;

 private:
  [[nodiscard]] base::Result<CreateLinkJson> wanted_link(ForeignBody& body) const;
  void take_expiry(ForeignBody& body, std::optional<base::Time>& expires_at) const;
  void write(json::Writer& out, const CountedLink& link) const;
  [[nodiscard]] http::Response answer(int status, const CountedLink& link) const;

  LinksModule& module_;
  const LinkDesk desk_;
};

}  // namespace ashlar::links::kutt
