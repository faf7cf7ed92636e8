// Route: one row of the table that is the HTTP face of the product.
//
// From a row come authentication, scope, quota, idempotency, validation of parameters, deadline,
// metrics, trace span, the OpenAPI entry and the API page. What must be decided has no default: the
// Declared<> members make a row that leaves one out fail to compile.
//
// How a handler runs
//   inline       on the I/O thread: touches memory only; must not block (redirects)
//   worker       on the interactive pool, blocking; refused with 503 when the pool is full
//   transaction  on the interactive pool inside Database::write() for the caller's tenant; the
//                record of an Idempotency-Key commits with the effect. May run again
//                (storage/database.h, 3)
//   stream       on the interactive pool until it returns; then events are pushed to its
//                EventStream
//   late         on the interactive pool until it returns; the answer may come later, from any
//                thread, by its LateAnswer (long polls)
//   web socket   GET, on the interactive pool until it returns, after the handshake was found good;
//                then or later it accepts or refuses, from any thread (web_socket.h). An error that
//                it returns is the HTTP answer. Its success is 101
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/call.h"
#include "platform/http/caller_terms.h"
#include "platform/http/response.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::http {

class ErrorFace;         // error_face.h
class EventStream;       // event_stream.h
class InlineRequest;     // inline_request.h
class LateAnswer;        // late_answer.h
class PendingWebSocket;  // web_socket.h

// A value that must be given: there is no default to forget.
template <class T>
struct Declared {
  T value;
  constexpr Declared(T v) : value(std::move(v)) {}  // NOLINT(*-explicit-*)
  operator const T&() const { return value; }       // NOLINT(*-explicit-*)
};

enum class Tenancy : std::uint8_t {
  kPublic,    // no credentials asked for
  kTenant,    // an API key's tenant, or the tenant that the administrator names in Ashlar-Tenant
  kPlatform,  // administrator only
};

enum class Idempotency : std::uint8_t {
  kNatural,   // safe, or the same effect when repeated: GET, PATCH with values, DELETE
  kOptional,  // creates: honours Idempotency-Key. Transaction handlers, or kPlatform's own way.
  kRequired,  // moves money: 400 without the key. Transaction handlers.
  // Of both: late handlers too, which read the key and keep the record themselves.
};

// Where a caller's key stands.
enum class KeyField : std::uint8_t {
  kAuthorization,  // or, without it, the console's session cookie
  kApiKey,         // "X-Api-Key: KEY" alone, as clients of another API send it
};

// Which pool of threads a request waits in, so that no kind of work can starve another.
enum class Lane : std::uint8_t {
  kInteractive,  // the API
  kLookup,       // redirects that memory could not answer: anybody may cause them
  kControl,      // readiness and metrics: must answer just when all else is full
};
inline constexpr std::size_t kLanes = 3;

using WorkerHandler = std::function<base::Result<Response>(Call&)>;
using TransactionHandler = std::function<base::Result<Response>(Call&, storage::Transaction&)>;
using StreamHandler = std::function<base::Status(Call&, std::shared_ptr<EventStream>)>;
using LateHandler = std::function<base::Status(Call&, std::shared_ptr<LateAnswer>)>;
using WebSocketHandler = std::function<base::Status(Call&, std::shared_ptr<PendingWebSocket>)>;

enum class InlineOutcome : std::uint8_t {
  kAnswered,    // the answer has been written
  kNeedsWorker  // memory did not suffice: run `fallback` on the interactive pool
};
struct InlineHandler {
  std::function<InlineOutcome(InlineRequest&)> fast;
  WorkerHandler fallback;  // may be empty where fast() never needs it
};
using Handler = std::variant<WorkerHandler, TransactionHandler, StreamHandler, LateHandler,
                             InlineHandler, WebSocketHandler>;

struct QueryParam {
  std::string_view name;
  std::string_view doc;
  std::string_view example;
};

struct ErrorDoc {
  int status;
  std::string_view reason;
  std::string_view when;
};

struct Route {
  Declared<Method> method;
  Declared<std::string_view> path;     // "/v1/links/{code}"; a {name} is one whole segment
  Declared<std::string_view> summary;  // one line for the API page
  Declared<std::string_view> module;   // "links": group in the documents, label in metrics
  Declared<Tenancy> tenancy;
  Declared<std::string_view> scope;  // "links:write"; "" only for kPublic and kPlatform
  Declared<int> cost;                // units of quota; 1 is a simple read
  Declared<Idempotency> idempotency;
  Declared<base::Millis> deadline;
  Declared<Handler> handler;

  const json::Shape* request = nullptr;   // JSON body; none: a body is refused
  const json::Shape* response = nullptr;  // of the success answer
  int success = 200;
  std::string_view response_type = "application/json";
  std::vector<QueryParam> query{};
  std::vector<ErrorDoc> errors{};
  bool paged = false;  // adds ?limit and ?cursor, and Link: rel="next"
  bool etag = false;   // answers carry ETag; updates honour If-Match
  std::size_t max_body_bytes = 64 * 1024;
  bool takes_lines = false;         // the body may be lines of JSON too (application/x-ndjson)
  bool body_optional = false;       // none means {}: the handler sees an empty body
  bool raw_body = false;            // any body, declared as anything: the handler reads it
  bool raw_query = false;           // any query: the handler reads it (Call::head)
  std::string_view operation_id{};  // where another route would have the one made of the path
  Lane lane = Lane::kInteractive;
  Importance importance = Importance::kLive;  // a caller's Priority may lower it
  bool documented = true;                     // false: console's own files, probes
  KeyField key_field = KeyField::kAuthorization;
  const ErrorFace* face = nullptr;  // of this route's errors; null: the listener's
};

using RouteTable = std::vector<Route>;

}  // namespace ashlar::http
