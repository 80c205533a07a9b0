/** A report cannot be had or acted on. The message is for operators, and only prints. */
export class ReportFault extends Error {
  override readonly name = 'ReportFault'
}
