// DubApi: the REST API of Dub on our links, for its unmodified npm package, whose serverURL is
// "<our public URL>/api/dub". What differs is in docs/link-clients.md. dub_wire.cc has the table
// that names the handlers.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/analytics/time_buckets.h"
#include "modules/links/dub/dub_link.h"
#include "modules/links/foreign/link_desk.h"
#include "modules/links/foreign/tag_desk.h"
#include "platform/http/call.h"
#include "platform/http/response.h"

namespace ashlar::links::analytics {
struct ReportQuery;
}
namespace ashlar::storage {
class Transaction;
}
namespace ashlar::links {
class ForeignQuery;
class LinksModule;
}  // namespace ashlar::links

namespace ashlar::links::dub {

class DubApi {
 public:
  static constexpr std::size_t kMostAtOnce = 100;

  // It outlives the API.
  explicit DubApi(LinksModule& module);

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> count(http::Call& call) const;
  base::Result<http::Response> info(http::Call& call) const;
  base::Result<http::Response> create(http::Call& call) const;
  base::Result<http::Response> upsert(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call) const;
  base::Result<http::Response> remove(http::Call& call) const;
  base::Result<http::Response> create_many(http::Call& call) const;
  base::Result<http::Response> update_many(http::Call& call) const;
  base::Result<http::Response> remove_many(http::Call& call) const;

  base::Result<http::Response> tags(http::Call& call) const;
  base::Result<http::Response> create_tag(http::Call& call) const;
  base::Result<http::Response> update_tag(http::Call& call) const;
  base::Result<http::Response> remove_tag(http::Call& call) const;
  base::Result<http::Response> analytics(http::Call& call) const;
  base::Result<http::Response> domains(http::Call& call) const;
  base::Result<http::Response> create_domain(http::Call& call) const;
  base::Result<http::Response> update_domain(http::Call& call) const;
  base::Result<http::Response> remove_domain(http::Call& call) const;
  base::Result<http::Response> qr(http::Call& call) const;

 private:
  // Of analytics: whose clicks, when, grouped by what.
  struct Question {
    std::string group;
    std::string link_id, key, tag, owner;  // "": not asked for
    std::optional<std::string> domain;
    std::optional<analytics::TimeBuckets> buckets;
  };
  base::Result<Question> question_of(const http::Call& call) const;
  base::Result<analytics::ReportQuery> report_query(storage::Transaction& tx,
                                                    const Question& question) const;
  void write_top_links(json::Writer& out, const std::vector<CountedLink>& links) const;

  [[nodiscard]] base::Result<CatalogQuery> catalog_query(ForeignQuery& query) const;
  [[nodiscard]] std::string host_of(std::string_view domain) const;
  [[nodiscard]] base::Result<CountedLink> make(const http::Call& call, ForeignBody& body) const;
  [[nodiscard]] base::Result<CountedLink> change(const http::Call& call, LinkRef ref,
                                                 const json::Value& wanted) const;
  void write(json::Writer& out, const CountedLink& link, const http::Call& call,
             const TagDesk::Colors& colors) const;
  [[nodiscard]] base::Result<http::Response> answer(const CountedLink& link,
                                                    const http::Call& call) const;

  LinksModule& module_;
  const LinkDesk desk_;
  const TagDesk tags_;
  const std::string public_url_;  // without a slash at the end
  const std::string own_domain_;
};

// "a,b" in one parameter, or one after the other.
std::vector<std::string> list_of(const ForeignQuery& query, std::string_view name);

}  // namespace ashlar::links::dub
