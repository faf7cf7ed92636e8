// Any frames, by somebody who may write and somebody who may only read, on both wires' codecs: no
// fault but a closed socket; what a reader sends changes nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "modules/documents/hocuspocus_message.h"
#include "modules/documents/testing/fake_socket.h"
#include "modules/documents/testing/twin_document.h"
#include "modules/documents/y_websocket_session.h"

namespace ashlar::documents {
namespace {

void run(std::string_view input) {
  static const base::SystemClock clock;
  static runtime::EventLoop loop(clock, base::Millis{10});
  TwinHost host(loop);
  for (const Access access : {Access::kRead, Access::kWrite}) {
    Visitor visitor;
    visitor.user = "fuzz";
    visitor.access = access;
    const auto socket = std::make_shared<FakeSocket>(loop);
    const auto session = std::make_shared<YWebSocketSession>(host, visitor, "doc");
    session->on_open(socket);
    std::string_view rest = input;
    for (int frames = 0; frames < 64 && !rest.empty(); ++frames) {
      const std::size_t length = static_cast<std::uint8_t>(rest[0]);
      const std::string_view frame = rest.substr(1, length);
      rest.remove_prefix(std::min(rest.size(), length + 1));
      if (const auto hocuspocus = read_hocuspocus(frame)) {
        CHECK(hocuspocus->key.size() <= kMaxKeyBytes);
        CHECK(hocuspocus->key.starts_with(document_of(hocuspocus->key)));
        static_cast<void>(read_token(hocuspocus->body));
      }
      session->on_message(http::MessageKind::kBinary, frame);
      CHECK(socket->is_open() == (host.at("doc")->peers() == 1));
    }
    if (access == Access::kRead) CHECK(host.at("doc")->state == std::string("\0\0", 2));
    session->on_close(1006);
    CHECK(host.at("doc")->peers() == 0);
  }
}

}  // namespace
}  // namespace ashlar::documents

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::documents::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
