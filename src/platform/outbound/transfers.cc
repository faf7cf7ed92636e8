#include "platform/outbound/transfers.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "platform/outbound/public_address.h"

namespace ashlar::outbound {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr long kIdleSeconds = 30;

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListFree>;

struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyFree>;

void init_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(done == CURLE_OK);
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

bool append_line(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  [[maybe_unused]] curl_slist* const head = list.release();  // `longer` begins with it
  list.reset(longer);
  return true;
}

bool append_field(List& list, std::string_view name, std::string_view value) {
  // Empty values are said with ';' in libcurl's own notation.
  const std::string line =
      value.empty() ? std::string(name) + ";" : std::string(name) + ": " + std::string(value);
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) return false;
  return append_line(list, line);
}

Transfers::End end_of(CURLcode code, CURL* easy) {
  switch (code) {
    case CURLE_OK:
      return Transfers::End::kAnswered;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return Transfers::End::kNotBegun;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Transfers::End::kForbidden;
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t connected = 0;
      curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
      return connected == 0 ? Transfers::End::kNotBegun : Transfers::End::kTimedOut;
    }
    default:
      return Transfers::End::kBroken;
  }
}

}  // namespace

struct Transfers::Transfer {
  Id id = 0;
  Easy easy;
  List fields;
  std::string body;      // sent
  std::size_t read = 0;  // of it, by on_read
  Answer answer;
  std::size_t max_answer_bytes = 0;
  std::size_t header_bytes = 0;
  const Impl* owner = nullptr;
  bool too_large = false;
  bool may_cut = false;
  bool cut = false;
  bool forbidden = false;
  bool head_whole = false;

  static std::size_t on_read(char* room, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);
};

std::size_t Transfers::Transfer::on_read(char* room, std::size_t /*one*/, std::size_t size,
                                         void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t some = transfer.body.copy(room, size, transfer.read);
  transfer.read += some;
  return some;
}

std::size_t Transfers::Transfer::on_body(char* data, std::size_t /*one*/, std::size_t size,
                                         void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t room = transfer.max_answer_bytes - transfer.answer.body.size();
  if (size > room && !transfer.may_cut) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.body.append(data, std::min(size, room));
  if (size <= room) return size;
  transfer.cut = true;  // ends the transfer
  return 0;
}

std::size_t Transfers::Transfer::on_header(char* data, std::size_t /*one*/, std::size_t size,
                                           void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // maybe after a 1xx
    transfer.answer.headers.clear();
    transfer.head_whole = false;
  }
  if (line == "\r\n") transfer.head_whole = true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  transfer.answer.headers.emplace_back(std::move(name), base::trim_spaces(value));
  return size;
}

struct Transfers::Impl {
  Impl(bool may_be_private, const std::vector<std::string>& known, OnEnd end)
      : allow_private(may_be_private), on_end(std::move(end)) {
    init_once();
    for (const std::string& name : known) append_line(names, name);
    multi = curl_multi_init();
    CHECK(multi != nullptr);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, kMaxConnections);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kMaxConnections);
  }
  ~Impl() {
    for (auto& [id, transfer] : transfers) remove(*transfer);
    transfers.clear();
    curl_multi_cleanup(multi);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void remove(Transfer& transfer) const { curl_multi_remove_handle(multi, transfer.easy.get()); }
  void prepare(Transfer& transfer, const Spec& spec) const;
  std::size_t collect();  // how many have ended

  const bool allow_private;
  const OnEnd on_end;
  List names;
  CURLM* multi = nullptr;
  std::unordered_map<Id, std::unique_ptr<Transfer>> transfers;
  std::vector<Id> stillborn;  // could not even be started
  Id last_id = 0;
};

curl_socket_t Transfers::Transfer::on_open(void* self, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.owner->allow_private && !is_public(address->addr)) {
    transfer.forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Transfers::Transfers(bool allow_private, const std::vector<std::string>& names, OnEnd on_end)
    : impl_(std::make_unique<Impl>(allow_private, names, std::move(on_end))) {}
Transfers::~Transfers() = default;

void Transfers::Impl::prepare(Transfer& transfer, const Spec& spec) const {
  CURL* const easy = transfer.easy.get();
  set(easy, CURLOPT_URL, spec.request.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_PROXY, "");
  if (names) set(easy, CURLOPT_RESOLVE, names.get());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, spec.timeout.count())));
  set(easy, CURLOPT_PRIVATE, static_cast<void*>(&transfer));
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
  if (spec.request.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (spec.request.method != "GET" || !spec.request.body.empty()) {
    transfer.body = spec.request.body;
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.body.size()));
    if (spec.request.idempotent) {
      set(easy, CURLOPT_POSTFIELDS, transfer.body.c_str());
    } else {
      // A body that libcurl cannot rewind: where a kept connection ends without an answer it would
      // silently send the request again, and nobody would know that it came twice.
      set(easy, CURLOPT_POST, 1L);
      set(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
      set(easy, CURLOPT_READDATA, static_cast<void*>(&transfer));
    }
    set(easy, CURLOPT_CUSTOMREQUEST, spec.request.method.c_str());
  }
  // Takes libcurl's own away: no pause before a body. (An empty one, said with ';', would be sent,
  // and servers refuse it: 417.)
  bool sound = append_line(transfer.fields, "Expect:") &&
               spec.request.method.find_first_of(" \r\n") == std::string::npos;
  for (const HeaderList* list : {&spec.request.headers, &spec.more}) {
    for (const auto& [name, value] : *list)
      sound = sound && append_field(transfer.fields, name, value);
  }
  set(easy, CURLOPT_HTTPHEADER, transfer.fields.get());
  if (!sound) transfer.forbidden = true;
}

Transfers::Id Transfers::start(const Spec& spec) {
  Impl& impl = *impl_;
  auto made = std::make_unique<Transfer>();
  Transfer& transfer = *made;
  transfer.id = ++impl.last_id;
  transfer.easy.reset(curl_easy_init());
  CHECK(transfer.easy != nullptr);
  transfer.max_answer_bytes = spec.max_answer_bytes;
  transfer.may_cut = spec.cut_answer;
  transfer.owner = &impl;
  impl.prepare(transfer, spec);
  const Id id = transfer.id;
  if (transfer.forbidden || curl_multi_add_handle(impl.multi, transfer.easy.get()) != CURLM_OK) {
    transfer.forbidden = true;
    impl.stillborn.push_back(id);
  }
  impl.transfers.emplace(id, std::move(made));
  return id;
}

void Transfers::cancel(Id id) {
  const auto found = impl_->transfers.find(id);
  if (found == impl_->transfers.end()) return;
  impl_->remove(*found->second);
  impl_->transfers.erase(found);
}

std::size_t Transfers::Impl::collect() {
  std::size_t ended = 0;
  int left = 0;
  while (CURLMsg* const message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* mine = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &mine);
    auto* const transfer = reinterpret_cast<Transfer*>(mine);
    End end = end_of(code, transfer->easy.get());
    if (transfer->forbidden && code != CURLE_OK) end = End::kForbidden;
    if (transfer->too_large) end = End::kTooLarge;
    if (transfer->cut) end = End::kAnswered;
    // libcurl takes a head that breaks off for one without a body.
    if (end == End::kAnswered && !transfer->head_whole) end = End::kBroken;
    long status = 0;
    curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer->answer.status = static_cast<int>(status);
    remove(*transfer);  // the message is void from here on
    const auto node = transfers.extract(transfer->id);
    ++ended;
    on_end(transfer->id, end, std::move(transfer->answer), curl_easy_strerror(code));
  }
  return ended;
}

void Transfers::run_for(base::Millis longest) {
  Impl& impl = *impl_;
  const std::vector<Id> stillborn = std::exchange(impl.stillborn, {});
  for (const Id id : stillborn) {
    if (impl.transfers.erase(id) == 0) continue;  // cancelled meanwhile
    impl.on_end(id, End::kForbidden, {}, "the request cannot be sent");
  }
  int running = 0;
  curl_multi_perform(impl.multi, &running);
  if (impl.collect() > 0 || !stillborn.empty()) return;  // what follows from them may be due now
  const auto wait = static_cast<int>(std::clamp<std::int64_t>(longest.count(), 0, 1000));
  curl_multi_poll(impl.multi, nullptr, 0, wait, nullptr);
  curl_multi_perform(impl.multi, &running);
  impl.collect();
}

void Transfers::wake() { curl_multi_wakeup(impl_->multi); }

}  // namespace ashlar::outbound
