#include "platform/grpc/session_shared.h"

#include <nghttp2/nghttp2.h>

#include <utility>

#include "base/check.h"
#include "platform/grpc/session_frames.h"
#include "platform/observability/metrics.h"

namespace ashlar::grpc {

std::unique_ptr<CallState> CallPool::take() {
  if (calls_.empty()) return std::make_unique<CallState>();
  std::unique_ptr<CallState> call = std::move(calls_.back());
  calls_.pop_back();
  return call;
}

void CallPool::give(std::unique_ptr<CallState> call) {
  if (calls_.size() >= kKept) return;
  call->clear();
  calls_.push_back(std::move(call));
}

SessionShared::SessionShared(ServerOptions server_options, const Methods& server_methods,
                             std::size_t loops, obs::Registry& metrics)
    : options(std::move(server_options)),
      methods(server_methods),
      connection_errors(metrics.make_counter(
          "ashlar_grpc_connection_errors_total",
          "Connections that ended because they were not HTTP/2 as we accept it, or abused it.")),
      callbacks(make_callbacks()),
      pools(loops) {
  CHECK(nghttp2_option_new(&http2_options) == 0);
  nghttp2_option_set_no_closed_streams(http2_options, 1);
  // Ours count first (Session::on_reset); nghttp2's own see what ours leave out.
  nghttp2_option_set_stream_reset_rate_limit(http2_options, 4ULL * options.max_resets,
                                             4ULL * options.max_resets);
  std::vector<std::string_view> names;
  for (const Method& method : methods.all()) names.push_back(method.path);
  names.emplace_back("unknown");
  for (const std::string_view name : names) {
    Codes codes{};
    for (std::size_t i = 0; i < kCodes; ++i) {
      codes[i] = &metrics.make_counter(
          "ashlar_grpc_requests_total", "Calls of gRPC methods by how they ended.",
          {{"method", std::string(name)}, {"code", std::string(name_of(static_cast<Code>(i)))}});
    }
    requests_.push_back(codes);
  }
}

SessionShared::~SessionShared() {
  nghttp2_option_del(http2_options);
  nghttp2_session_callbacks_del(callbacks);
}

void SessionShared::count(const Method* method, Code code) const {
  const std::size_t row = method == nullptr
                              ? requests_.size() - 1
                              : static_cast<std::size_t>(method - methods.all().data());
  requests_[row][static_cast<std::size_t>(code)]->add();
}

}  // namespace ashlar::grpc
