// LedgerApi: the HTTP face of the ledger: parse, call, render. ledger_wire.cc has the table that
// names them.
//
// What writes is a late handler: it hands a unit to the book's writer and returns, so that no
// worker waits for a commit, and the requests of many clients share one. Handlers of http/route.h's
// kinds; any thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
class LateAnswer;
struct Call;
}  // namespace ashlar::http

namespace ashlar::ledger {

struct LedgerModule;

class LedgerApi {
 public:
  // Both outlive it.
  LedgerApi(LedgerModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Status open(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;
  base::Status book(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;

  base::Result<http::Response> accounts(http::Call& call) const;
  base::Result<http::Response> account(http::Call& call) const;
  base::Result<http::Response> legs(http::Call& call) const;
  base::Result<http::Response> statement(http::Call& call) const;
  base::Result<http::Response> transfers(http::Call& call) const;
  base::Result<http::Response> transfer(http::Call& call) const;
  base::Result<http::Response> head(http::Call& call) const;
  base::Result<http::Response> trial_balance(http::Call& call) const;

 private:
  LedgerModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::ledger
