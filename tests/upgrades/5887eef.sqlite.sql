BEGIN TRANSACTION;
CREATE TABLE absence (
	municipality VARCHAR(4) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	staff_id VARCHAR(16) NOT NULL, 
	from_at DATETIME NOT NULL, 
	until_at DATETIME NOT NULL, 
	deputy_id VARCHAR(16), 
	CONSTRAINT pk_absence PRIMARY KEY (municipality, id), 
	CONSTRAINT fk_absence_municipality_staff_id FOREIGN KEY(municipality, staff_id) REFERENCES staff (municipality, id)
);
INSERT INTO "absence" VALUES('0000','ferie','byg','2026-11-24 09:00:00.000000','2026-11-25 09:00:00.000000',NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE article_text (
	municipality VARCHAR(4) NOT NULL, 
	article VARCHAR(80) NOT NULL, 
	version INTEGER NOT NULL, 
	body JSON, 
	base_version VARCHAR(16), 
	withdrawn BOOLEAN NOT NULL, 
	changed_by VARCHAR(16), 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_article_text PRIMARY KEY (municipality, article), 
	CONSTRAINT fk_article_text_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
INSERT INTO "article_text" VALUES('0000','building/permit_needed',1,NULL,NULL,0,NULL,'2026-11-24 09:00:00.000000');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	municipality VARCHAR(4) NOT NULL, 
	staff_id VARCHAR(16), 
	inquiry_id VARCHAR(16), 
	action VARCHAR(40) NOT NULL, 
	detail JSON, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,'0000','byg','provesag','inquiry_read',NULL,'2026-11-24 09:00:00.000000');
CREATE TABLE business (
	municipality VARCHAR(4) NOT NULL, 
	cvr VARCHAR(8) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	key_account_manager_id VARCHAR(16), 
	CONSTRAINT pk_business PRIMARY KEY (municipality, cvr), 
	CONSTRAINT fk_business_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
CREATE TABLE candidate (
	municipality VARCHAR(4) NOT NULL, 
	inquiry_id VARCHAR(16) NOT NULL, 
	message_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	label VARCHAR(80) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	proposed_by VARCHAR(16) NOT NULL, 
	proposed_at DATETIME NOT NULL, 
	judged_by VARCHAR(16), 
	judged_at DATETIME, 
	CONSTRAINT pk_candidate PRIMARY KEY (municipality, inquiry_id, message_id), 
	CONSTRAINT fk_candidate_municipality_inquiry_id FOREIGN KEY(municipality, inquiry_id) REFERENCES inquiry (municipality, id) ON DELETE CASCADE
);
INSERT INTO "candidate" VALUES('0000','provesag',1,'må jeg bygge en carport','da','building/permit_needed','proposed','byg','2026-11-24 09:00:00.000000',NULL,NULL);
CREATE TABLE deadline (
	municipality VARCHAR(4) NOT NULL, 
	inquiry_id VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	due_at DATETIME NOT NULL, 
	met_at DATETIME, 
	overdue_told_at DATETIME, 
	CONSTRAINT pk_deadline PRIMARY KEY (municipality, inquiry_id, id), 
	CONSTRAINT fk_deadline_municipality_inquiry_id FOREIGN KEY(municipality, inquiry_id) REFERENCES inquiry (municipality, id)
);
CREATE TABLE department (
	municipality VARCHAR(4) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	name JSON NOT NULL, 
	areas JSON NOT NULL, 
	CONSTRAINT pk_department PRIMARY KEY (municipality, id), 
	CONSTRAINT fk_department_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
INSERT INTO "department" VALUES('0000','byg','{"da": "Byg", "en": "Building"}','["building"]');
CREATE TABLE inbound (
	municipality VARCHAR(4) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	external_id VARCHAR(80) NOT NULL, 
	source VARCHAR(80) NOT NULL, 
	body JSON NOT NULL, 
	at DATETIME NOT NULL, 
	done_at DATETIME, 
	attempts INTEGER NOT NULL, 
	leased_until DATETIME, 
	error VARCHAR(80), 
	CONSTRAINT pk_inbound PRIMARY KEY (municipality, channel, external_id), 
	CONSTRAINT fk_inbound_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
CREATE TABLE inquiry (
	municipality VARCHAR(4) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	number VARCHAR(16), 
	status VARCHAR(16) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	client_hash VARCHAR(64), 
	identity VARCHAR(80), 
	generation INTEGER NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	area VARCHAR(32), 
	department_id VARCHAR(16), 
	owner_id VARCHAR(16), 
	acting_id VARCHAR(16), 
	escalation_reason VARCHAR(32), 
	urgent BOOLEAN NOT NULL, 
	outcome VARCHAR(16), 
	contact_name VARCHAR(200), 
	contact_email VARCHAR(254), 
	contact_phone VARCHAR(40), 
	company VARCHAR(200), 
	cvr VARCHAR(8), 
	cvr_checked BOOLEAN NOT NULL, 
	previous_id VARCHAR(16), 
	state JSON, 
	state_version INTEGER NOT NULL, 
	open_turns INTEGER NOT NULL, 
	last_seq INTEGER NOT NULL, 
	rev INTEGER NOT NULL, 
	read_seq INTEGER NOT NULL, 
	waiting_since DATETIME, 
	reply_due_at DATETIME, 
	disclosed_at DATETIME, 
	created_at DATETIME NOT NULL, 
	escalated_at DATETIME, 
	taken_at DATETIME, 
	resolved_at DATETIME, 
	last_message_at DATETIME NOT NULL, 
	CONSTRAINT pk_inquiry PRIMARY KEY (municipality, id), 
	CONSTRAINT fk_inquiry_municipality FOREIGN KEY(municipality) REFERENCES municipality (code), 
	CONSTRAINT uq_inquiry_municipality_client_hash UNIQUE (municipality, client_hash), 
	CONSTRAINT uq_inquiry_municipality_number UNIQUE (municipality, number)
);
INSERT INTO "inquiry" VALUES('0000','provesag',NULL,'with_bot','web','da',NULL,NULL,0,'',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,0,2,2,0,NULL,NULL,'2026-11-24 09:00:00.000000','2026-11-24 09:00:00.000000',NULL,NULL,NULL,'2026-11-24 09:00:00.000000');
CREATE TABLE local_value (
	municipality VARCHAR(4) NOT NULL, 
	article VARCHAR(80) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	value JSON NOT NULL, 
	changed_by VARCHAR(16), 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_local_value PRIMARY KEY (municipality, article, name), 
	CONSTRAINT fk_local_value_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
CREATE TABLE message (
	municipality VARCHAR(4) NOT NULL, 
	inquiry_id VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL, 
	seq INTEGER, 
	rev INTEGER NOT NULL, 
	author VARCHAR(16) NOT NULL, 
	internal BOOLEAN NOT NULL, 
	staff_id VARCHAR(16), 
	channel VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	body JSON, 
	article VARCHAR(80), 
	article_version VARCHAR(16), 
	helped BOOLEAN, 
	client_id VARCHAR(80), 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_message PRIMARY KEY (municipality, inquiry_id, id), 
	CONSTRAINT fk_message_municipality_inquiry_id FOREIGN KEY(municipality, inquiry_id) REFERENCES inquiry (municipality, id), 
	CONSTRAINT uq_message_municipality_inquiry_id_client_id UNIQUE (municipality, inquiry_id, client_id), 
	CONSTRAINT uq_message_municipality_inquiry_id_seq UNIQUE (municipality, inquiry_id, seq)
);
INSERT INTO "message" VALUES('0000','provesag',1,1,1,'inquirer',0,NULL,'web','må jeg bygge en carport',NULL,NULL,NULL,NULL,NULL,'2026-11-24 09:00:00.000000');
INSERT INTO "message" VALUES('0000','provesag',2,2,2,'bot',0,NULL,'web','Det afhænger af størrelsen.',NULL,'building/permit_needed','1',NULL,NULL,'2026-11-24 09:00:00.000000');
CREATE TABLE model (
	id VARCHAR(80) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	content BLOB NOT NULL, 
	live BOOLEAN NOT NULL, 
	report JSON, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_model PRIMARY KEY (id)
);
INSERT INTO "model" VALUES('20261124-090000-0','0000000000000000000000000000000000000000000000000000000000000000',106,'1df7f1bfb5af784eba7634b0a31b48adf69c030b5623b08376cf229f40c0c74a',X'1F8B08000000000002FFEDCD310AC2401404D07F144F209BB0789F85D80851309B2AE4EE7EACC45E417CAF99619A99CFBD4DADB7E365B95DE3334A3AD5FACCF49E697CE9B90FA50E250E25BE605D7ABBE77DFCA76D0F0000000000000000007ED003C3A9DF2D00280000',1,NULL,'2026-11-24 09:00:00.000000');
CREATE TABLE municipality (
	code VARCHAR(4) NOT NULL, 
	name JSON NOT NULL, 
	origins JSON NOT NULL, 
	opening_hours JSON NOT NULL, 
	closing_days JSON NOT NULL, 
	open_days JSON NOT NULL, 
	first_reply_minutes INTEGER NOT NULL, 
	next_reply_minutes INTEGER NOT NULL, 
	phone VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	telegram_bodies BOOLEAN NOT NULL, 
	knowledge_version INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_municipality PRIMARY KEY (code)
);
INSERT INTO "municipality" VALUES('0000','{"da": "Pr\u00f8ve Kommune", "en": "Test Municipality"}','[]','{"0": [["08:00", "16:00"]], "1": [["08:00", "16:00"]], "2": [["08:00", "16:00"]], "3": [["08:00", "16:00"]], "4": [["08:00", "16:00"]]}','[]','[]',480,480,'','',0,0,'2026-11-24 09:00:00.000000');
CREATE TABLE number (
	municipality VARCHAR(4) NOT NULL, 
	year INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	CONSTRAINT pk_number PRIMARY KEY (municipality, year), 
	CONSTRAINT fk_number_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	municipality VARCHAR(4) NOT NULL, 
	inquiry_id VARCHAR(16) NOT NULL, 
	message_id INTEGER NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	address VARCHAR(254) NOT NULL, 
	status VARCHAR(8) NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at DATETIME NOT NULL, 
	leased_until DATETIME, 
	in_flight BOOLEAN NOT NULL, 
	maybe_doubled BOOLEAN NOT NULL, 
	error VARCHAR(80), 
	external_id VARCHAR(80), 
	created_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_municipality_inquiry_id FOREIGN KEY(municipality, inquiry_id) REFERENCES inquiry (municipality, id), 
	CONSTRAINT uq_outbox_municipality_inquiry_id_message_id_channel_address UNIQUE (municipality, inquiry_id, message_id, channel, address)
);
INSERT INTO "outbox" VALUES(1,'0000','provesag',2,'telegram','1','sent',0,'2026-11-24 09:00:00.000000',NULL,0,0,NULL,NULL,'2026-11-24 09:00:00.000000','2026-11-24 09:00:00.000000');
CREATE TABLE session (
	token_hash VARCHAR(64) NOT NULL, 
	municipality VARCHAR(4) NOT NULL, 
	staff_id VARCHAR(16) NOT NULL, 
	csrf VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_session PRIMARY KEY (token_hash), 
	CONSTRAINT fk_session_municipality_staff_id FOREIGN KEY(municipality, staff_id) REFERENCES staff (municipality, id)
);
INSERT INTO "session" VALUES('0000000000000000000000000000000000000000000000000000000000000000','0000','byg','0000000000000000000000000000000000000000000000000000000000000000','2026-11-24 09:00:00.000000','2026-11-24 09:00:00.000000');
CREATE TABLE staff (
	municipality VARCHAR(4) NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	title JSON NOT NULL, 
	department_id VARCHAR(16) NOT NULL, 
	roles JSON NOT NULL, 
	capacity INTEGER NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	active BOOLEAN NOT NULL, 
	seen_at DATETIME, 
	last_assigned_at DATETIME, 
	CONSTRAINT pk_staff PRIMARY KEY (municipality, id), 
	CONSTRAINT fk_staff_municipality_department_id FOREIGN KEY(municipality, department_id) REFERENCES department (municipality, id), 
	CONSTRAINT uq_staff_municipality_email UNIQUE (municipality, email)
);
INSERT INTO "staff" VALUES('0000','byg','byg@prove.example','Prøve Byg','{"da": "Pr\u00f8ve", "en": "Test"}','byg','["contact"]',20,'x',1,NULL,NULL);
INSERT INTO "staff" VALUES('0000','koordinator','koordinator@prove.example','Prøve Koordinator','{"da": "Pr\u00f8ve", "en": "Test"}','byg','["contact", "coordinator"]',20,'x',1,NULL,NULL);
CREATE TABLE telegram_chat (
	municipality VARCHAR(4) NOT NULL, 
	chat_id BIGINT NOT NULL, 
	inquiry_id VARCHAR(16), 
	language VARCHAR(8) NOT NULL, 
	blocked BOOLEAN NOT NULL, 
	CONSTRAINT pk_telegram_chat PRIMARY KEY (municipality, chat_id), 
	CONSTRAINT fk_telegram_chat_municipality FOREIGN KEY(municipality) REFERENCES municipality (code)
);
CREATE TABLE turn (
	municipality VARCHAR(4) NOT NULL, 
	inquiry_id VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL, 
	message_id INTEGER, 
	choice VARCHAR(120), 
	status VARCHAR(8) NOT NULL, 
	attempts INTEGER NOT NULL, 
	leased_until DATETIME, 
	leased_by VARCHAR(32), 
	decision VARCHAR(16), 
	understanding JSON, 
	answered JSON, 
	model VARCHAR(80), 
	at DATETIME NOT NULL, 
	done_at DATETIME, 
	CONSTRAINT pk_turn PRIMARY KEY (municipality, inquiry_id, id), 
	CONSTRAINT fk_turn_municipality_inquiry_id FOREIGN KEY(municipality, inquiry_id) REFERENCES inquiry (municipality, id)
);
INSERT INTO "turn" VALUES('0000','provesag',1,1,NULL,'done',0,NULL,NULL,'answer',NULL,NULL,NULL,'2026-11-24 09:00:00.000000','2026-11-24 09:00:00.000000');
CREATE TABLE wrong_answer (
	municipality VARCHAR(4) NOT NULL, 
	inquiry_id VARCHAR(16) NOT NULL, 
	message_id INTEGER NOT NULL, 
	article VARCHAR(80) NOT NULL, 
	version VARCHAR(16) NOT NULL, 
	said_by VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_wrong_answer PRIMARY KEY (municipality, inquiry_id, message_id), 
	CONSTRAINT fk_wrong_answer_municipality_inquiry_id FOREIGN KEY(municipality, inquiry_id) REFERENCES inquiry (municipality, id) ON DELETE CASCADE
);
INSERT INTO "wrong_answer" VALUES('0000','provesag',2,'building/permit_needed','1','byg','2026-11-24 09:00:00.000000');
CREATE INDEX ix_audit_municipality_at ON audit (municipality, at);
CREATE INDEX ix_inbound_municipality_channel_source ON inbound (municipality, channel, source);
CREATE INDEX ix_inbound_open ON inbound (municipality, channel) WHERE done_at IS NULL;
CREATE INDEX ix_inquiry_id ON inquiry (id);
CREATE INDEX ix_inquiry_municipality_identity ON inquiry (municipality, identity);
CREATE INDEX ix_inquiry_municipality_owner ON inquiry (municipality, owner_id, status);
CREATE INDEX ix_inquiry_municipality_status ON inquiry (municipality, status, last_message_at);
CREATE INDEX ix_deadline_due_at ON deadline (due_at);
CREATE INDEX ix_message_municipality_inquiry_id_rev ON message (municipality, inquiry_id, rev);
CREATE INDEX ix_message_article ON message (municipality, article, article_version) WHERE article IS NOT NULL;
CREATE INDEX ix_wrong_answer_municipality_article ON wrong_answer (municipality, article);
CREATE INDEX ix_candidate_municipality_state ON candidate (municipality, state);
CREATE INDEX ix_outbox_pending ON outbox (due_at) WHERE status = 'pending';
CREATE INDEX ix_staff_email ON staff (email);
CREATE INDEX ix_turn_open ON turn (leased_until) WHERE status = 'open';
COMMIT;
