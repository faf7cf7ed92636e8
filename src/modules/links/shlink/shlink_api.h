// ShlinkApi: the REST API of Shlink (v3) on our links, for its unmodified clients. What differs is
// in docs/link-clients.md. shlink_wire.cc has the table that names the handlers.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/links/foreign/link_desk.h"
#include "modules/links/foreign/tag_desk.h"
#include "modules/links/foreign/visits.h"
#include "modules/links/shlink/shlink_json.h"
#include "platform/http/call.h"
#include "platform/http/response.h"

namespace ashlar::json {
class Writer;
}
namespace ashlar::links {
class ForeignQuery;
class LinksModule;
}  // namespace ashlar::links

namespace ashlar::links::shlink {

class ShlinkApi {
 public:
  // It outlives the API.
  explicit ShlinkApi(LinksModule& module);

  base::Result<http::Response> list_urls(http::Call& call) const;
  base::Result<http::Response> create_url(http::Call& call) const;
  base::Result<http::Response> get_url(http::Call& call) const;
  base::Result<http::Response> edit_url(http::Call& call) const;
  base::Result<http::Response> delete_url(http::Call& call) const;
  base::Result<http::Response> get_rules(http::Call& call) const;
  base::Result<http::Response> set_rules(http::Call& call) const;

  base::Result<http::Response> overview(http::Call& call) const;
  base::Result<http::Response> url_visits(http::Call& call) const;
  base::Result<http::Response> delete_url_visits(http::Call& call) const;
  base::Result<http::Response> tag_visits(http::Call& call) const;
  base::Result<http::Response> domain_visits(http::Call& call) const;
  base::Result<http::Response> non_orphan_visits(http::Call& call) const;
  base::Result<http::Response> orphan_visits(http::Call& call) const;
  base::Result<http::Response> delete_orphan_visits(http::Call& call) const;

  base::Result<http::Response> tags(http::Call& call) const;
  base::Result<http::Response> tag_stats(http::Call& call) const;
  base::Result<http::Response> rename_tag(http::Call& call) const;
  base::Result<http::Response> delete_tags(http::Call& call) const;

  base::Result<http::Response> domains(http::Call& call) const;
  base::Result<http::Response> domain_redirects(http::Call& call) const;
  base::Result<http::Response> health(http::Call& call) const;
  base::Result<http::Response> mercure_info(http::Call& call) const;

 private:
  [[nodiscard]] http::Response answer(const CountedLink& link) const;
  // The host as LinkRefs have it: "" of the installation's own, by whichever of its names.
  [[nodiscard]] std::string host_of(std::string_view domain) const;
  base::Result<http::Response> answer_visits(const http::Call& call, ForeignQuery& query,
                                             VisitsQuery wanted) const;

  LinksModule& module_;
  const LinkDesk desk_;
  const TagDesk tags_;
  const std::string default_authority_;  // of the installation's own short URLs
};

// ?page= and ?itemsPerPage=, where -1 asks for as many as there may be.
base::Result<PageOf> page_of(ForeignQuery& query, std::int64_t usual, std::int64_t most);

http::Response json_answer(const std::function<void(json::Writer&)>& write);

}  // namespace ashlar::links::shlink
