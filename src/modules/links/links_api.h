// LinksApi: the HTTP face of links: parse, call, render. links_wire.cc has the table that names
// them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "modules/links/link.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
class EventStream;
class LateAnswer;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::links {

struct LinkChange;
struct LinkJson;
struct NewLink;
class LinksModule;

class LinksApi {
 public:
  // Both outlive it.
  LinksApi(LinksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Status create(http::Call& call, const std::shared_ptr<http::LateAnswer>& late) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call) const;
  base::Result<http::Response> tags(http::Call& call) const;
  base::Result<http::Response> stats(http::Call& call) const;
  base::Result<http::Response> clicks(http::Call& call) const;
  base::Result<http::Response> reset_clicks(http::Call& call) const;
  base::Status stream(http::Call& call, std::shared_ptr<http::EventStream> stream) const;

 private:
  base::Result<http::Response> create(const http::Call& call, storage::Transaction& tx,
                                      const NewLink& wanted, bool fetch_title) const;
  base::Result<http::Response> update(const http::Call& call, storage::Transaction& tx,
                                      const LinkChange& change) const;
  [[nodiscard]] base::Status look_up(const http::Call& call, LinkChange& change) const;
  // "" for none.
  [[nodiscard]] base::Result<std::string> hash_of(const std::optional<std::string>& password) const;
  [[nodiscard]] LinkJson render(const Link& link, std::int64_t clicks) const;
  [[nodiscard]] http::Response answer(int status, const Link& link, std::int64_t clicks) const;

  LinksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::links
