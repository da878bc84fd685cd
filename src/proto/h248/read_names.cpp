#include "base/address.hpp"
#include "proto/h248/read.hpp"

namespace h248 {
namespace {

std::uint16_t read_port(Reader& in) {
  return in.number<std::uint16_t>(5);
}

// domainAddress = "[" (IPv4address / IPv6address) "]"
// domainName    = "<" (ALPHA / DIGIT) *63(ALPHA / DIGIT / "-" / ".") ">"
MessageId read_host(Reader& in, MessageId::Kind kind) {
  const bool address = kind == MessageId::Kind::address;
  in.take_raw(address ? '[' : '<');
  MessageId out{kind, std::string(in.word(address ? ":." : "-.")), {}};
  if (address && !in.failed() && !base::IpAddress::parse(out.text)) {
    in.fail_name(ErrorCode::syntax, "not an IP address");
  }
  if (!in.take_raw(address ? ']' : '>')) in.fail(ErrorCode::syntax, "expected the closing bracket");
  if (in.take_raw(':')) {
    out.port = read_port(in);
  } else {
    in.skip();
  }
  return out;
}

// mtpAddress = MTPToken LBRKT 4*8 (HEXDIG) RBRKT
MessageId read_mtp(Reader& in) {
  in.expect(Token::mtp);
  in.expect('{');
  MessageId out{MessageId::Kind::mtp, std::string(in.word()), {}};
  const bool hex = out.text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!hex || out.text.size() < 4 || out.text.size() > 8)
    in.fail_name(ErrorCode::syntax, "not an MTP address");
  in.skip();
  in.expect('}');
  return out;
}

std::uint32_t read_eight_digits(Reader& in) {
  const auto digits = in.rest().substr(0, 8);
  for (const char c : digits) {
    if (!base::is_digit(c) || digits.size() < 8) {
      in.fail(ErrorCode::syntax, "not a time stamp");
      return 0;
    }
  }
  in.take_prefix(digits);
  return base::parse_uint<std::uint32_t>(digits).value_or(0);
}

}  // namespace

// NAME = ALPHA *63(ALPHA / DIGIT / "_"). As peers do, a digit may come first.
std::string read_name(Reader& in) {
  std::string out(in.word());
  in.skip();
  return out;
}

// pkgdName = (PackageName SLASH ItemID) / (PackageName SLASH "*") / ("*" SLASH "*")
PackagedName read_packaged_name(Reader& in) {
  PackagedName out;
  const bool any = in.take_raw('*');
  out.package = any ? "*" : std::string(in.word());
  if (!in.take_raw('/')) in.fail(ErrorCode::syntax, "expected '/' of a packaged name");
  if (in.take_raw('*')) {
    out.item = "*";
  } else if (any) {
    in.fail(ErrorCode::syntax, "expected '*' behind \"*/\"");
  } else {
    out.item = std::string(in.word());
  }
  in.skip();
  return out;
}

// VALUE = quotedString / 1*(SafeChar)
Value read_value(Reader& in) {
  if (in.peek() == '"') return {std::string(in.quoted()), true};
  std::size_t n = 0;
  const auto rest = in.rest();
  while (n < rest.size() && is_safe(rest[n])) ++n;
  if (n == 0) in.fail(ErrorCode::syntax, "expected a value");
  in.take_prefix(rest.substr(0, n));
  in.skip();
  return {std::string(rest.substr(0, n)), false};
}

// parmValue        = (EQUAL alternativeValue / INEQUAL VALUE)
// INEQUAL          = LWSP (">" / "<" / "#") LWSP
// alternativeValue = VALUE / LSBRKT VALUE *(COMMA VALUE) RSBRKT / LBRKT VALUE *(COMMA VALUE) RBRKT /
//                    LSBRKT VALUE COLON VALUE RSBRKT
ParameterValue read_parameter_value(Reader& in) {
  using Relation = ParameterValue::Relation;
  using Shape = ParameterValue::Shape;
  ParameterValue out;
  if (in.take('>'))
    out.relation = Relation::greater;
  else if (in.take('<'))
    out.relation = Relation::less;
  else if (in.take('#'))
    out.relation = Relation::unequal;
  else
    in.expect('=');
  const auto value = [&] { out.values.push_back(read_value(in)); };
  if (out.relation == Relation::equal && in.take('{')) {
    out.shape = Shape::one_of;
    in.list('}', value);
  } else if (out.relation == Relation::equal && in.take('[')) {
    out.shape = Shape::all_of;
    in.list(']', [&] {
      value();
      if (out.values.size() == 1 && in.take(':')) {
        out.shape = Shape::range;
        value();
      }
    });
    if (out.shape == Shape::range && out.values.size() > 2)
      in.fail(ErrorCode::syntax, "a range of three values");
  } else {
    value();
  }
  return out;
}

bool is_same(const PackagedName& a, const PackagedName& b) {
  return base::iequals(a.item, b.item) && base::iequals(a.package, b.package);
}

// propertyParm = pkgdName parmValue
void read_property(Reader& in, std::vector<Property>& out) {
  auto name = read_packaged_name(in);
  out.push_back({std::move(name), read_parameter_value(in)});
}

void read_parameter(Reader& in, std::string_view name, std::vector<Parameter>& out) {
  for (const auto& other : out) {
    if (base::iequals(other.name, name)) in.fail_name(ErrorCode::repeated, "a parameter given twice");
  }
  out.push_back({std::string(name), read_parameter_value(in)});
}

// TerminationID = "ROOT" / pathNAME / "$" / "*"
// pathNAME      = ["*"] NAME *("/" / "*" / ALPHA / DIGIT / "_" / "$") ["@" pathDomainName]
TerminationId read_termination_id(Reader& in) {
  TerminationId out{std::string(in.word("/*$@.-"))};
  in.skip();
  if (out.is_root()) out.text = "ROOT";
  return out;
}

// terminationIDList = LBRKT TerminationID *(COMMA TerminationID) RBRKT
std::vector<TerminationId> read_termination_ids(Reader& in) {
  std::vector<TerminationId> out;
  in.expect('{');
  in.list('}', [&] { out.push_back(read_termination_id(in)); });
  return out;
}

// ContextID = (UINT32 / "*" / "-" / "$")
ContextId read_context_id(Reader& in) {
  if (in.take('-')) return null_context;
  if (in.take('$')) return choose_context;
  if (in.take('*')) return all_contexts;
  return {in.number<std::uint32_t>()};
}

// RequestID = (UINT32 / "*")
RequestId read_request_id(Reader& in) {
  return in.take('*') ? all_requests : RequestId{in.number<std::uint32_t>()};
}

std::uint16_t read_stream_id(Reader& in) {
  in.expect('=');
  return in.number<std::uint16_t>(5);
}

// mId = ((domainAddress / domainName) [":" portNumber]) / mtpAddress / deviceName
MessageId read_message_id(Reader& in) {
  if (in.peek() == '[') return read_host(in, MessageId::Kind::address);
  if (in.peek() == '<') return read_host(in, MessageId::Kind::domain);
  if (in.peek_token() == Token::mtp) return read_mtp(in);
  return {MessageId::Kind::device, read_termination_id(in).text, {}};
}

// TimeStamp = Date "T" Time
TimeStamp read_time_stamp(Reader& in) {
  TimeStamp out;
  out.date = read_eight_digits(in);
  if (!in.take_prefix("T")) in.fail(ErrorCode::syntax, "expected 'T' of a time stamp");
  out.time = read_eight_digits(in);
  in.skip();
  return out;
}

// extensionParameter = "X" ("-" / "+") 1*6(ALPHA / DIGIT)
std::string read_extension(Reader& in) {
  std::string out(in.word("-+"));
  const bool marked =
      out.size() > 2 && out.size() <= 8 && base::to_lower(out[0]) == 'x' && (out[1] == '-' || out[1] == '+');
  if (!marked || out.find_first_of("-+_", 2) != std::string::npos) {
    in.fail_name(ErrorCode::unknown, "none of the names that may stand here, nor an extension");
  }
  in.skip();
  return out;
}

TokenOrExtension read_token_or_extension(Reader& in, std::initializer_list<Token> choices) {
  const auto found = in.peek_token();
  for (const auto choice : choices) {
    if (choice == found) return in.token();
  }
  return read_extension(in);
}

// packagesItem = NAME "-" UINT16
PackageVersion read_package_version(Reader& in) {
  PackageVersion out;
  out.name = std::string(in.word());
  if (!in.take_raw('-')) in.fail(ErrorCode::syntax, "expected '-' and the package's version");
  out.version = in.number<std::uint16_t>(5);
  return out;
}

// errorDescriptor = ErrorToken EQUAL ErrorCode LBRKT [quotedString] RBRKT
ErrorDescriptor read_error(Reader& in) {
  ErrorDescriptor out;
  in.expect('=');
  out.code = in.number<std::uint16_t>(4);
  in.expect('{');
  if (in.peek() == '"') out.text = std::string(in.quoted());
  in.expect('}');
  return out;
}

}  // namespace h248
