#include "iq/packages.hpp"

#include "base/text.hpp"

namespace iq {
namespace {

/// What can be named: "tcpbcc", "tcpbcc/EstBNC", "tcpbcc/BNCChange.Type", "tcpbcc/BNCChange.Type=Est".
struct Named {
  std::string own;
  const Package* package = nullptr;
  const Element* element = nullptr;
  std::span<const EnumValue> values{};  // of an element or parameter that is an enumeration
};
using Index = std::map<std::string, Named, std::less<>>;  // by the name in lower case

void add(Index& index, Named named) {
  for (const auto& value : named.values) {
    const auto name = named.own + '=' + std::string(value.name);
    index.emplace(base::to_lower(name), Named{std::string(value.name), nullptr, nullptr, {}});
  }
  auto key = base::to_lower(named.own);
  index.emplace(std::move(key), std::move(named));
}

/// A package may have a statistic and a property of one name (xpostern/local); the property is found.
Index make_index() {
  Index out;
  for (const auto& package : all_packages()) {
    add(out, {std::string(package.name), &package, nullptr, {}});
    for (const auto& element : package.elements) {
      const auto name = std::string(package.name) + '/' + std::string(element.name);
      add(out, {name, &package, &element, element.values});
      for (const auto& parameter : element.parameters)
        add(out, {name + '.' + std::string(parameter.name), &package, &element, parameter.values});
    }
  }
  return out;
}

const Index& index() {
  static const Index made = make_index();
  return made;
}

const Named* find(std::string_view own) {
  const auto found = index().find(base::to_lower(own));
  return found == index().end() ? nullptr : &found->second;
}

std::string_view behind(std::string_view text, char mark) {
  const auto at = text.find(mark);
  return at == text.npos ? std::string_view{} : text.substr(at + 1);
}

std::string join(const h248::PackagedName& name) {
  return name.package + '/' + name.item;
}

constexpr std::string_view not_supported = "-";

/// What is written must be of the same kind: "a/b" for "c/d", "a/b.c" for "d/e.f" and so on.
bool fits(std::string_view own, std::string_view written) {
  if (written.empty()) return false;
  if (own.find('/') == own.npos) return written.find_first_of("/.=") == written.npos;
  for (const char mark : {'/', '.', '='}) {
    const auto part = behind(written, mark);
    if ((own.find(mark) == own.npos) != (written.find(mark) == written.npos)) return false;
    if (written.find(mark) != written.npos && part.empty()) return false;
  }
  return true;
}

}  // namespace

base::Result<Packages, std::string> Packages::make(const std::map<std::string, std::string>& overrides) {
  Packages out;
  for (const auto& [own, written] : overrides) {
    const auto key = base::to_lower(own);
    const bool absent = written == not_supported && key.find('/') == key.npos;
    if (!find(own) || (!absent && !fits(own, written)))
      return "no such element, or none that can be written so: " + own + " = " + written;
    out.overrides_[key] = written;
    if (!absent && !out.reverse_.emplace(base::to_lower(written), key).second)
      return "two elements would be written so: " + own + " = " + written;
  }
  return out;
}

/// Our own name, in lower case, of what was written; empty where the table's name does not hold any more.
static std::string resolve(const std::map<std::string, std::string>& overrides,
                           const std::map<std::string, std::string>& reverse, std::string_view written) {
  auto key = base::to_lower(written);
  if (const auto found = reverse.find(key); found != reverse.end()) return found->second;
  if (overrides.contains(key)) return {};
  return key;
}

const Package* Packages::package(std::string_view written) const {
  const auto* named = find(resolve(overrides_, reverse_, written));
  return named && !named->element && named->package && named->package->supported ? named->package : nullptr;
}

std::string_view Packages::element(const h248::PackagedName& written) const {
  auto own = resolve(overrides_, reverse_, join(written));
  if (!reverse_.contains(base::to_lower(join(written)))) {
    const auto* known = package(written.package);
    if (!known) return {};
    own = resolve(overrides_, reverse_, std::string(known->name) + '/' + written.item);
  }
  const auto* named = own.find('.') == own.npos ? find(own) : nullptr;
  return named && named->element ? std::string_view(named->own) : std::string_view{};
}

std::string_view Packages::parameter(std::string_view element, std::string_view written) const {
  if (written.find_first_of("=.") != written.npos) return {};
  const auto own = std::string(element) + '.' + std::string(written);
  for (const auto& [key, text] : overrides_) {
    const bool ours =
        key.starts_with(base::to_lower(std::string(element)) + '.') && key.find('=') == key.npos;
    if (ours && base::iequals(behind(text, '.'), written)) return find(key)->own;
  }
  const auto* named = overrides_.contains(base::to_lower(own)) ? nullptr : find(own);
  return named ? std::string_view(named->own) : std::string_view{};
}

std::string_view Packages::value(std::string_view where, std::string_view written) const {
  const auto* named = find(where);
  if (!named) return {};
  for (const auto& each : named->values) {
    if (base::iequals(written_value(where, each.name), written)) return each.name;
    if (base::parse_uint<unsigned>(written) == each.number) return each.name;
  }
  return {};
}

h248::PackagedName Packages::written(std::string_view element) const {
  std::string_view text = element;
  const auto found = overrides_.find(base::to_lower(element));
  if (found != overrides_.end()) text = found->second;
  const auto name = base::take_until(text, '/');
  const auto renamed = found == overrides_.end() ? overrides_.find(base::to_lower(name)) : overrides_.end();
  return {renamed == overrides_.end() ? std::string(name) : renamed->second, std::string(text)};
}

std::string Packages::written_parameter(std::string_view parameter) const {
  const auto found = overrides_.find(base::to_lower(parameter));
  return std::string(behind(found == overrides_.end() ? parameter : std::string_view(found->second), '.'));
}

std::string Packages::written_value(std::string_view where, std::string_view value) const {
  const auto found = overrides_.find(base::to_lower(where) + '=' + base::to_lower(value));
  return std::string(found == overrides_.end() ? value : behind(found->second, '='));
}

const Element* Packages::info(std::string_view element) const {
  const auto* named = element.find_first_of(".=") == element.npos ? find(element) : nullptr;
  return named ? named->element : nullptr;
}

std::vector<h248::PackageVersion> Packages::supported() const {
  std::vector<h248::PackageVersion> out;
  for (const auto& package : all_packages()) {
    if (!supports(package.name)) continue;
    const auto found = overrides_.find(base::to_lower(package.name));
    out.push_back({found == overrides_.end() ? std::string(package.name) : found->second, package.version});
  }
  return out;
}

bool Packages::supports(std::string_view package) const {
  const auto* named = find(package);
  const auto found = overrides_.find(base::to_lower(package));
  return named && named->package && !named->element && named->package->supported &&
         (found == overrides_.end() || found->second != not_supported);
}

}  // namespace iq
