// Whatever a server says: each mail ends once, nothing is accepted without a 2yz behind the final
// dot, nothing is ambiguous before it, and it makes no difference in which pieces the bytes come.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/notifications/mail/smtp_dialogue.h"

namespace {

using ashlar::notifications::SmtpDialogue;
using ashlar::notifications::SmtpOptions;
using ashlar::notifications::Verdict;
using Event = SmtpDialogue::Event;

constexpr int kMaxMails = 8;
constexpr std::string_view kBody = "Subject: x\r\n\r\n.fuzz\r\n";
constexpr std::string_view kStuffed = "Subject: x\r\n\r\n..fuzz\r\n.\r\n";

struct Run {
  std::string said;
  std::string ends;
};

class Driver {
 public:
  explicit Driver(std::uint8_t options)
      : dialogue_(SmtpOptions{.hello_name = "fuzz.example",
                              .starttls = (options & 1) != 0,
                              .username = (options & 2) != 0 ? "user" : "",
                              .password = "password"}) {}

  void give(std::string_view bytes) {
    while (!bytes.empty() && !dialogue_.lost()) {
      const Event event = dialogue_.on_input(bytes);
      take_output();
      if (event == Event::kWantsTls) dialogue_.on_tls();
      if (event == Event::kMailEnded || event == Event::kLost) end();
      if (dialogue_.ready() && bytes.empty()) begin();
      take_output();
    }
    if (dialogue_.ready() && !mailing_) begin();
    take_output();
  }

  Run finish() {
    if (!dialogue_.lost()) {
      dialogue_.lose("closed");
      end();
    }
    return run_;
  }

 private:
  void begin() {
    if (mails_ == kMaxMails) return;
    ++mails_;
    mailing_ = true;
    body_said_ = false;
    from_ = run_.said.size();
    if (dialogue_.begin({"id", "a@b", "c@d", std::string(kBody)}) != Event::kMailEnded) return;
    end();  // larger than the server takes: so are the others
    mails_ = kMaxMails;
  }

  void take_output() {
    run_.said += dialogue_.output();
    dialogue_.on_written(dialogue_.output().size());
    dialogue_.output().clear();
    body_said_ = mailing_ && std::string_view(run_.said).substr(from_).ends_with(kStuffed);
  }

  void end() {
    if (!mailing_) return;
    mailing_ = false;
    const auto& result = dialogue_.result();
    if (result.verdict == Verdict::kAccepted) CHECK(body_said_ && result.status / 100 == 2);
    if (result.verdict == Verdict::kAmbiguous) CHECK(body_said_);
    CHECK(result.detail.size() <= ashlar::notifications::Outgoing::kMaxDetailBytes);
    run_.ends += std::string(1, static_cast<char>('a' + static_cast<int>(result.verdict))) +
                 std::to_string(result.status) + result.detail + "\n";
  }

  SmtpDialogue dialogue_;
  Run run_;
  int mails_ = 0;
  bool mailing_ = false;
  bool body_said_ = false;
  std::size_t from_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Each line alone, as a server would; and the same byte by byte.
  Driver by_line(data[0]);
  Driver by_byte(data[0]);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
    by_line.give(text.substr(at, next - at));
    at = next;
  }
  for (std::size_t at = 0; at < text.size(); ++at) by_byte.give(text.substr(at, 1));
  const Run line = by_line.finish();
  const Run byte = by_byte.finish();
  CHECK(line.said == byte.said);
  CHECK(line.ends == byte.ends);
  // All at once: whatever happens then, the same rules hold.
  Driver at_once(data[0]);
  at_once.give(text);
  at_once.finish();
  return 0;
}
