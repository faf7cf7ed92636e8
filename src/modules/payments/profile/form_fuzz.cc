// Any bytes as a form: what is accepted is text, bounded, without a name twice, and means the same
// when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "modules/payments/profile/form.h"

namespace {

using ashlar::payments::profile::FormNode;

void write(const FormNode& node, const std::string& path, std::size_t depth, std::string& out,
           std::size_t& values) {
  namespace profile = ashlar::payments::profile;
  if (node.text) {
    CHECK(node.members.empty() && ++values <= profile::kMaxFormParameters);
    CHECK(ashlar::base::is_utf8(*node.text) && node.text->find('\0') == std::string::npos);
    out += "&" + path + "=" + ashlar::base::percent_encode(*node.text);
    return;
  }
  std::set<std::string_view> names;
  for (const FormNode& member : node.members) {
    CHECK(!member.name.empty() && ashlar::base::is_utf8(member.name));
    CHECK(member.name.size() <= profile::kMaxFormNameBytes && depth < profile::kMaxFormDepth);
    CHECK(names.insert(member.name).second);
    const std::string name = ashlar::base::percent_encode(member.name);
    write(member, path.empty() ? name : path + "[" + name + "]", depth + 1, out, values);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto form = ashlar::payments::profile::Form::parse(input);
  if (!form.ok()) {
    for (const auto& field : form.error().fields) CHECK(ashlar::base::is_utf8(field.field));
    return 0;
  }
  std::string written;
  std::size_t values = 0;
  write(form->root(), "", 0, written, values);
  const auto again = ashlar::payments::profile::Form::parse(written);
  CHECK(again.ok() && again->canonical() == form->canonical());
  return 0;
}
