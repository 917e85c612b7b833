//! A small valid file of every form, in its official layout where it has one. Codes of procedures carry no AMA text.
use super::super::form::Form;

/// Name and bytes.
pub(super) fn of(form: Form) -> (&'static str, Vec<u8>) {
    let (name, text) = match form {
        Form::Ptp => ("ccipra-v322r0-f1.txt", PTP.to_string()),
        Form::Mue => ("MCR_MUE_PractitionerServices_Eff_07-01-2026.csv", MUE.to_string()),
        Form::AddOn => ("AOC_V2026Q3-MCR.tab", ADD_ON.to_string()),
        Form::AddOnFixed => ("AOC_V2026Q3-MCR.txt", ADD_ON_FIXED.to_string()),
        Form::FeeSchedule => ("PPRRVU2026_Jul_nonQPP.csv", FEES.to_string()),
        Form::FeeScheduleFixed => ("PPRRVU2025_Oct.txt", fees_fixed()),
        Form::Gpci => ("GPCI2026.csv", GPCI.to_string()),
        Form::ConversionFactor => {
            ("factors.csv", "effective,through,dollars,apm_dollars\n2027-01-01,2027-12-31,33.1,33.4\n".to_string())
        }
        Form::Icd10cmOrder => ("icd10cm-order-2027.txt", order(&ORDER)),
        Form::Icd10cmList => ("icd10cm_codes_2027.csv", LIST.to_string()),
        Form::Icd10cmChanges => ("changes_2027.csv", CHANGES.to_string()),
        Form::Icd10cmAddenda => ("icd10cm-order-addenda-2027.txt", addenda()),
        Form::Icd10cmTabular => ("icd10cm-tabular-2027.xml", TABULAR.to_string()),
        Form::Icd10cmIndex => ("icd10cm-index-2027.xml", INDEX.to_string()),
        Form::Icd10pcsOrder => ("icd10pcs_order_2027.txt", order(&PCS)),
        Form::Icd10pcsList => (
            "icd10pcs_codes_2027.csv",
            "code,billable,short_description,long_description\n0016070,1,Bypass,Bypass whole\n".into(),
        ),
        Form::HcpcsFixed => ("HCPC2027_CONTR_ANWEB.txt", anweb()),
        Form::HcpcsTable => ("HCPC2026_OCT_ANWEB.csv", HCPCS.to_string()),
        Form::Coverage => ("article_x_icd10.csv", COVERAGE.to_string()),
        Form::PlaceOfService => ("pos_2026-01-01.csv", PLACES.to_string()),
        Form::AdjustmentCodes => ("carc_rarc_2026-01-01.csv", REASONS.to_string()),
        Form::Taxonomy => ("nucc_taxonomy_2026-07-01.csv", TAXONOMY.to_string()),
        Form::CptDescriptors => (
            "LONGULT_2026-01-01.txt",
            "Licensed to a practice.\n\n99213\tOur words for a visit\n99214\tOur words, longer\n".into(),
        ),
    };
    (name, text.into_bytes())
}

const PTP: &str = "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t
Column1/Column2 Edits\t\t\t\t\t\t
Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale
\t\tprior to 1996\tDate\tDate\t0=not allowed\t
\t\t\t\t*=no data\t1=allowed\t
\t\t\t\t\t9=not applicable\t
31238\t31231\t*\t19960101\t*\t0\tMore extensive procedure
31254\t31231\t\t20150101\t20251231\t1\tMisuse of column two code with column one code
31254\t31231\t\t20260101\t*\t0\tMisuse of column two code with column one code
0001A\t90473\t\t20220101\t20220101\t9\tCPT Manual or CMS manual coding instruction
";

const MUE: &str = "\"Licence of several
lines, with a comma\",,,
\"HCPCS/
CPT Code\",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale
31231,1,2 Date of Service Edit: Policy,Code Descriptor / CPT Instruction
J1100,120,3 Date of Service Edit: Clinical,Clinical: Data
99213,2,1 Line Edit,Clinical: Data
";

const ADD_ON: &str = "Add-On_Code\tAOC_Del_Dt\tPrimary_Code\tPrimary_Code_Del_Dt\tAOC_Edit_Type\tAOC_Edit_EffDT\tAOC_Edit_DelDT\tSpecial_Instruction_Notes
17003\t\t17000\t\t1\t20130401\t\t
11103\t\t11102\t\t1\t20190101\t\t
11103\t\t11104\t\t1\t20190101\t20251231\t
0054T\t\tCCCCC\t\t2\t20130401\t\t
";

/// Type, add-on code, its deletion, primary code, its deletion, first and last day of the pair, notes.
const ADD_ON_FIXED: &str = "Add-on code edits; words before the table
117003       17000       2013091
111103       11102       2019001
111103       11104       20190012025365
20054T       CCCCC       2013091       Contractor Defined Primary Codes
1929292025365928582025365201300120253656 words
";

const FEES: &str = ",,2026 National Physician Fee Schedule Relative Value File July Release,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,SURG,SURG,SURG,IND,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT
31231,,,A,,1.10,4.00,,0.70,,0.15,5.25,1.95,0,000,0.00,0.00,0.00,2,2,1,0,0,9,,33.4009,09,0,99,0.00,0.00,0.00
31238,,,A,,2.60,4.00,,1.20,,0.35,6.95,4.15,0,000,0.00,0.00,0.00,3,1,1,0,0,9,31231,33.4009,09,0,99,0.00,0.00,0.00
93306,26,,A,,1.46,0.50,,0.50,,0.05,2.01,2.01,1,XXX,0.00,0.00,0.00,0,0,0,0,0,9,,33.4009,09,0,99,0.00,0.00,0.00
93306,TC,,A,,0.00,3.50,,NA,NA,0.03,3.53,0.00,1,XXX,0.00,0.00,0.00,0,0,0,0,0,9,,33.4009,09,0,99,0.00,0.00,0.00
";

/// Code and modifier, what stands behind the description, indicators with the endoscopic base.
pub(super) const FEES_FIXED: [(&str, &str, &str); 4] = [
    ("31231", "A   1.10   4.00     0.70    0.15   5.25  1.950000.00.00.00", "21100"),
    ("31238", "A   2.60   4.00     1.20    0.35   6.95  4.150000.10.69.21", "3110031231"),
    ("9330626", "A   1.46   0.50     0.50    0.05   2.01  2.011XXX.00.00.00", "00000"),
    ("93306TC", "A   0.00   3.50     3.50NA  0.03   3.53  3.531XXX.00.00.00", "00000"),
];

/// The relative value file as text in fixed columns.
pub(super) fn fees_fixed() -> String {
    let mut text = "HDR 2025 National Physician Fee Schedule Relative Value File October Release\nHDR\n".to_string();
    for (code, values, indicators) in FEES_FIXED {
        text += &format!("{code:<57}{values}{indicators:<18}32.3465 090 99      0.00   0.00   0.00\n");
    }
    text
}

const GPCI: &str = "ADDENDUM E. FINAL CY 2026 GEOGRAPHIC PRACTICE COST INDICES (GPCIs) BY STATE AND MEDICARE LOCALITY,,,,,,
,,,,,,
Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2026 PW GPCI (with 1.0 Floor)***,2026 PE GPCI,2026 MP GPCI
10112,AL,00,ALABAMA,1.000,0.875,0.566
02102,AK,01,ALASKA*,1.500,1.065,0.551
* a footnote below the table,,,,,,
";

/// Code, 0 or 1, title.
pub(super) const ORDER: [(&str, u8, &str); 5] = [
    ("J4B", 1, "Pulmonary mycetoma"),
    ("M67A", 0, "Plantar fasciitis"),
    ("M67A01", 1, "Plantar fasciitis, right foot"),
    ("M722", 0, "Plantar fascial fibromatosis"),
    ("M7220", 1, "Plantar fascial fibromatosis, unspecified foot"),
];

const PCS: [(&str, u8, &str); 2] = [
    ("001", 0, "Central Nervous System and Cranial Nerves, Bypass"),
    ("0016070", 1, "Bypass Cerebral Ventricle to Nasopharynx with Autologous Tissue Substitute, Open Approach"),
];

/// Lines of an order file.
pub(super) fn order(codes: &[(&str, u8, &str)]) -> String {
    let line = |(i, (code, flag, title)): (usize, &(&str, u8, &str))| {
        let short: String = title.chars().take(60).collect();
        format!("{:05} {code:<7} {flag} {short:<60} {title}\n", i + 1)
    };
    codes.iter().enumerate().map(line).collect()
}

fn addenda() -> String {
    let lines =
        order(&[("M67A", 0, "Plantar fasciitis"), ("M67A01", 1, "Plantar fasciitis, right foot"), ("M722", 0, "Fibromatosis")]);
    let actions = ["Add:         ", "Add:         ", "Revise to:   "];
    let mut text = "Addenda of a fiscal year\n".to_string();
    for (action, line) in actions.iter().zip(lines.lines()) {
        text += &format!("{action}{line}\n");
    }
    text
}

const LIST: &str = "code,billable,short_desc,long_desc
J4B,True,Pulmonary mycetoma,Pulmonary mycetoma
M67A,False,Plantar fasciitis,Plantar fasciitis
M67A01,True,Plantar fasciitis right foot,\"Plantar fasciitis, right foot\"
";

const CHANGES: &str = "change,code,billable_after_or_before,long_title,previous_long_title
added,M67A,0,Plantar fasciitis,
added,M67A01,1,\"Plantar fasciitis, right foot\",
billable-to-header,M722,0,Plantar fascial fibromatosis,
deleted,Z9989,1,Dependence,
";

const TABULAR: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<ICD10CM.tabular><version>2027</version>
<chapter><name>13</name><desc>Diseases of the musculoskeletal system</desc>
<section id=\"M60-M79\"><desc>Soft tissue disorders</desc>
<diag><name>M67</name><desc>Other disorders of synovium</desc>
<excludes1><note>xanthomatosis localized to tendons (E78.2)</note></excludes1>
<diag><name>M67.A</name><desc>Plantar fasciitis</desc>
<diag><name>M67.A0</name><desc>Plantar fasciitis of foot</desc>
<diag><name>M67.A01</name><desc>Plantar fasciitis, right foot</desc></diag>
<diag><name>M67.A02</name><desc>Plantar fasciitis, left foot &amp; more</desc></diag>
</diag></diag></diag></section></chapter>
<chapter><name>19</name><desc>Injury</desc><section id=\"S90-S99\"><desc>Injuries to the foot</desc>
<diag><name>S92</name><desc>Fracture of foot</desc>
<sevenChrDef><extension char=\"A\">initial encounter</extension><extension char=\"S\">sequela</extension></sevenChrDef>
<diag><name>S92.9</name><desc>Unspecified fracture of foot</desc></diag></diag></section></chapter>
</ICD10CM.tabular>
";

const INDEX: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<ICD10CM.index><version>2027</version><title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>
<letter><title>A</title>
<mainTerm><title>Abasia<nemod>(-astasia) (hysterical)</nemod></title><code>F44.4</code></mainTerm>
<mainTerm><title>Abdomen, abdominal</title><seeAlso>condition</seeAlso>
<term level=\"1\"><title>acute</title><code>R10.0</code></term></mainTerm>
</letter></ICD10CM.index>
";

const HCPCS: &str = "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,ADD DT,ACT EFF DT,TERM DT,ACTION CD
   A1,0010,7,Dressing for one wound,Dressing for one wound,20020701,20020701,,N
A0021,00100,3,Ambulance service outside state per mile,Outside state ambulance serv,19870101,19870101,,N
A0021,00200,4,transport,,,,,
Q9999,00100,3,A service that has ended,Ended,20190101,20240101,20251231,D
D0120,00100,3,A dental text that is not kept,Dental,20190101,20240101,,N
";

/// A record of the fixed form.
fn record(code: &str, sequence: &str, id: &str, long: &str, short: &str, dates: [&str; 3], action: &str) -> String {
    let mut line = format!("{code:>5}{sequence:>5}{id}{long:<80}{short:<28}");
    line += &" ".repeat(268 - line.len());
    for date in dates {
        line += &format!("{date:<8}");
    }
    format!("{line}{action}{}\n", " ".repeat(27))
}

fn anweb() -> String {
    let mut text = "***Disclaimers\n\n".to_string();
    text += &record("A1", "00100", "7", "Dressing for one wound", "Dressing for one wound", ["20020701", "20020701", ""], "N");
    text += &record("A0021", "00100", "3", "Ambulance service outside state", "Outside state", ["19870101", "19870101", ""], "N");
    text += &record("A0021", "00200", "4", "per mile", "", ["", "", ""], "");
    text += &record("Q9999", "00100", "3", "A service that has ended", "Ended", ["20190101", "20240101", "20251231"], "D");
    text
}

const COVERAGE: &str = "article_id,hcpcs_code,icd10_code,covered,effective_date,end_date
A56781,93306,I34.0,1,2025-01-01,
A56781,93306,I35.0,1,2025-01-01,2026-06-30
A56781,93306,Z00.00,0,2025-01-01,
";

const PLACES: &str = "pos_code,pos_type,pos_name,pos_description
11,Non-Facility,Office,Where a professional sees patients
22,Facility,On Campus-Outpatient Hospital,\"A portion of a hospital\"
90,,Unassigned,
";

const REASONS: &str = "adj_code,adj_type,adj_start_date,adj_last_modified,adj_end_date
CO,Group,,,
45,CARC,1995-01-01,2020-07-01,
D1,CARC,1995-01-01,,2003-10-16
M1,RARC,1997-01-01,,
";

const TAXONOMY: &str = "Code,Grouping,Classification,Specialization,Definition,Notes
207Y00000X,Allopathic & Osteopathic Physicians,Otolaryngology,,,
207YS0123X,Allopathic & Osteopathic Physicians,Otolaryngology,Facial Plastic Surgery,,
";
