#include "platform/outbound/txt_lookup.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace ashlar::outbound {
namespace {

// Two servers, twice, two seconds each and the second half of it: below kMostTime.
constexpr int kServers = 2;
constexpr int kTries = 2;
constexpr int kSeconds = 2;
constexpr std::size_t kMaxAnswer = 65'536;

base::Error unavailable(const char* reason, std::string detail) {
  return base::fail(base::Code::kUnavailable, reason, std::move(detail));
}

// A record's text comes in pieces, each behind its length.
std::string text_of(const ns_rr& record) {
  std::string text;
  std::string_view rest(reinterpret_cast<const char*>(ns_rr_rdata(record)), ns_rr_rdlen(record));
  while (!rest.empty()) {
    const std::size_t length = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    text += rest.substr(0, length);
    rest.remove_prefix(std::min(length, rest.size()));
  }
  return text;
}

std::vector<std::string> texts_in(const unsigned char* answer, int bytes) {
  std::vector<std::string> texts;
  ns_msg message{};
  if (ns_initparse(answer, bytes, &message) != 0) return texts;
  const int records = ns_msg_count(message, ns_s_an);
  for (int i = 0; i < records && texts.size() < TxtLookup::kMaxRecords; ++i) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) break;
    if (ns_rr_type(record) == ns_t_txt) texts.push_back(text_of(record));
  }
  return texts;
}

class ResolverState {
 public:
  explicit ResolverState(const std::optional<TxtLookup::Server>& server) {
    is_ready_ = res_ninit(&state_) == 0;
    if (!is_ready_) return;
    state_.retry = kTries;
    state_.retrans = kSeconds;
    state_.nscount = std::min(state_.nscount, kServers);
    if (!server) return;
    state_.nscount = 1;
    sockaddr_in& to = state_.nsaddr_list[0];
    to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = server->address;
    to.sin_port = htons(server->port);
  }
  ~ResolverState() {
    if (is_ready_) res_nclose(&state_);
  }
  ResolverState(const ResolverState&) = delete;
  ResolverState& operator=(const ResolverState&) = delete;

  [[nodiscard]] bool is_ready() const { return is_ready_; }
  [[nodiscard]] res_state get() { return &state_; }

 private:
  struct __res_state state_{};
  bool is_ready_ = false;
};

class Place {
 public:
  explicit Place(std::atomic<int>& taken) : taken_(taken), number_(taken.fetch_add(1)) {}
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] bool is_one_too_many() const { return number_ >= TxtLookup::kAtOnce; }

 private:
  std::atomic<int>& taken_;
  const int number_;
};

}  // namespace

std::optional<TxtLookup::Server> TxtLookup::parse_server(std::string_view text) {
  Server server;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
    if (error != std::errc() || end != port.data() + port.size() || server.port == 0) {
      return std::nullopt;
    }
  }
  const std::string address(text.substr(0, colon));
  if (inet_pton(AF_INET, address.c_str(), &server.address) != 1) return std::nullopt;
  return server;
}

base::Result<std::vector<std::string>> TxtLookup::look_up(const std::string& name) {
  const Place place(under_way_);
  if (place.is_one_too_many()) {
    return unavailable("dns_busy", "Other names are being looked up just now; try again.");
  }
  ResolverState state(server_);
  if (!state.is_ready()) return unavailable("dns_unavailable", "There is no resolver.");
  const auto answer = std::make_unique<std::array<unsigned char, kMaxAnswer>>();
  const int bytes = res_nquery(state.get(), name.c_str(), ns_c_in, ns_t_txt, answer->data(),
                               static_cast<int>(answer->size()));
  if (bytes >= 0) {
    return texts_in(answer->data(), std::min(bytes, static_cast<int>(answer->size())));
  }
  const int why = state.get()->res_h_errno;
  if (why == HOST_NOT_FOUND || why == NO_DATA) return std::vector<std::string>();
  return unavailable("dns_unavailable", "The resolver gave no answer for " + name + ".");
}

}  // namespace ashlar::outbound
