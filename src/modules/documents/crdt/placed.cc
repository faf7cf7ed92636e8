#include "modules/documents/crdt/placed.h"

#include <optional>

#include "modules/documents/crdt/any_codec.h"

namespace ashlar::crdt {
namespace {

class Walk {
 public:
  Walk(const StructStore& store, std::size_t most) : store_(store), most_(most) {}

  // `path`: JSON, a comma before each step.
  void over(TypeIndex index, const std::string& path) {
    std::uint64_t at = 0;
    for (ItemRef ref = store_.type(index).start; ref != 0; ref = store_.item(ref).right) {
      const Item& item = store_.item(ref);
      if (!item.visible()) continue;
      if (out_.size() >= most_) return;
      add(item, 0, item.length, {array_of(path), std::nullopt, at, 0, {}});
      if (item.ref == Ref::kType) over(item.content.type, path + ',' + std::to_string(at));
      at += item.length;
    }
    if (!store_.type(index).keyed) return;
    for (const auto& [key, ref] : store_.type(index).keyed->entries()) {
      const Item& item = store_.item(ref);
      if (item.deleted) continue;
      if (out_.size() >= most_) return;
      const std::string name(store_.keys().name(key));
      add(item, item.length - 1, 1, {array_of(path), name, 0, 0, {}});
      std::string step = path + ',';
      write_json_string(step, name);
      if (item.ref == Ref::kType) over(item.content.type, step);
    }
  }

  std::vector<Placed> finish() { return std::move(out_); }

 private:
  static std::string array_of(const std::string& path) {
    return '[' + path.substr(path.empty() ? 0 : 1) + ']';
  }
  void add(const Item& item, std::uint32_t offset, std::uint32_t length, Placed placed) {
    placed.length = length;
    placed.id = store_.wire_id(item.id);
    placed.id.clock += offset;
    out_.push_back(std::move(placed));
  }

  const StructStore& store_;
  const std::size_t most_;
  std::vector<Placed> out_;
};

}  // namespace

std::vector<Placed> placed_in(const StructStore& store, std::string_view root, std::size_t most) {
  Walk walk(store, most);
  walk.over(store.find_root(root), "");
  return walk.finish();
}

}  // namespace ashlar::crdt
