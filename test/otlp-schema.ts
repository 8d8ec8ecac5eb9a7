import protobuf from "protobufjs";

// Field numbers and types of OTLP 1.x (opentelemetry-proto); only what the receiver reads, protobuf skips the rest.
const schema = `
syntax = "proto3";

message AnyValue {
	oneof value {
		string string_value = 1;
		bool bool_value = 2;
		int64 int_value = 3;
		double double_value = 4;
		ArrayValue array_value = 5;
		KeyValueList kvlist_value = 6;
		bytes bytes_value = 7;
	}
}
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message InstrumentationScope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Resource { repeated KeyValue attributes = 1; }

message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; }
message Span {
	bytes trace_id = 1;
	bytes span_id = 2;
	string trace_state = 3;
	bytes parent_span_id = 4;
	string name = 5;
	int32 kind = 6;
	fixed64 start_time_unix_nano = 7;
	fixed64 end_time_unix_nano = 8;
	repeated KeyValue attributes = 9;
	uint32 dropped_attributes_count = 10;
	repeated Event events = 11;
	uint32 dropped_events_count = 12;
	repeated Link links = 13;
	Status status = 15;
	fixed32 flags = 16;

	message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
	message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
}
message Status { string message = 2; int32 code = 3; }

message ExportLogsServiceRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { InstrumentationScope scope = 1; repeated LogRecord log_records = 2; }
message LogRecord {
	fixed64 time_unix_nano = 1;
	int32 severity_number = 2;
	string severity_text = 3;
	AnyValue body = 5;
	repeated KeyValue attributes = 6;
	uint32 dropped_attributes_count = 7;
	fixed32 flags = 8;
	bytes trace_id = 9;
	bytes span_id = 10;
	fixed64 observed_time_unix_nano = 11;
	string event_name = 12;
}
`;

const root = protobuf.parse(schema).root;

/**
 * Decodes a protobuf OTLP request into the shape of OTLP/JSON: camelCase names, 64-bit numbers as decimal strings,
 * trace and span ids as hex.
 */
export function decodeProtobuf(
	request: "ExportTraceServiceRequest" | "ExportLogsServiceRequest",
	body: Uint8Array,
): unknown {
	const type = root.lookupType(request);
	return toJson(type.toObject(type.decode(body), { longs: String }));
}

function toJson(value: unknown): unknown {
	if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
	if (Array.isArray(value)) return value.map(toJson);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}
